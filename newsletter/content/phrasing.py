"""Headings as sites print them, by kind: the table that content/heading.py looks noun headings up in.

Kinds that other sites have and this house does not: information is an overview; genetic changes and
inheritance are causes; susceptibility is risk factors; exams and tests are diagnosis; outlook is
prognosis; stages are types; frequency, research, support groups and considerations are other.
"""

from __future__ import annotations

from newsletter.content.article import Kind

#: Headings by kind, as they are printed but for case, plural, numbering and the condition's name.
#: A name left out is written as nothing: "Types of asthma" and "Asthma types" both look up "types".
PHRASES: dict[Kind, str] = {
    Kind.OVERVIEW: """
        overview; introduction; information; general information; about; definition; description; summary of
        condition; background; at a glance; basics; the basics; basic facts; facts; quick facts; fast facts;
        key facts; what it is; general discussion; disease overview; condition overview; meaning;
        explanation; in brief; understanding; clinical overview; essentials; abstract; what you need to know;
        what you should know; getting to know""",
    Kind.TYPES: """
        types; type; kinds; forms; variants; subtypes; sub-types; classification; classifications;
        categories; stages; staging; grades; grading; phases; patterns; varieties; types and stages; stages
        and types; staging and grading; classes; different types; forms and variants; clinical types;
        clinical forms; stages of disease; disease stages; degrees; severity levels; levels of severity;
        classification system; classification systems; spectrum""",
    Kind.CAUSES: """
        causes; cause; etiology; aetiology; etiologies; origin of disease; triggers; trigger; trigger
        factors; triggering factors; pathophysiology; pathogenesis; mechanism; mechanisms; disease mechanism;
        genetic changes; genetic causes; genetics; genetic cause; genetic change; gene changes; gene
        mutations; genetic mutations; mutations; inheritance; inheritance pattern; inheritance patterns;
        pattern of inheritance; mode of inheritance; genetic inheritance; heredity; hereditary causes;
        underlying causes; root causes; reasons; why it happens; how it happens; transmission; mode of
        transmission; modes of transmission; how it spreads; spread; route of transmission; causative agent;
        causative organism; causative factors; contributing factors; infectious agent; related genes;
        associated genes; genes; genetic information; molecular genetics; genetic background; causes and
        triggers; triggers and causes; genetic factors; environmental causes; cause and effect; what happens
        in the body""",
    Kind.RISK_FACTORS: """
        risk factors; risk factor; risks; risk; susceptibility; who is at risk; who it affects; who gets it;
        people at risk; at-risk groups; at risk groups; risk groups; high-risk groups; predisposing factors;
        predisposition; vulnerable groups; who is affected; affected populations; factors that increase risk;
        increased risk; risk factors and causes""",
    Kind.SYMPTOMS: """
        symptoms; symptom; signs; sign; signs and symptoms; symptoms and signs; clinical features; clinical
        presentation; clinical manifestations; manifestations; presentation; features; characteristics; early
        signs; early symptoms; first signs; first symptoms; early warning signs; warning symptoms;
        complaints; clinical signs; clinical picture; signs and features; how it feels; what it feels like;
        symptoms checklist; associated symptoms; late symptoms; physical signs; characteristic features;
        clinical findings; clinical description; features and symptoms; physical symptoms; emotional
        symptoms; other symptoms; symptoms in adults; symptoms in children; what to look for; what to look
        out for; associated features; signs symptoms""",
    Kind.COMPLICATIONS: """
        complications; complication; consequences; effects; long-term effects; long term effects; sequelae;
        associated conditions; associated diseases; health problems; comorbidities; health effects; impact;
        effects on the body; late effects; dangers; risks and complications; complications and risks;
        associated disorders; what can go wrong; problems; side effects of disease""",
    Kind.DIAGNOSIS: """
        diagnosis; diagnoses; diagnostic; diagnostics; diagnostic tests; diagnostic test; diagnostic testing;
        diagnostic evaluation; diagnostic procedures; diagnostic methods; diagnostic criteria; diagnostic
        approach; diagnosing; tests; test; testing; exams and tests; tests and exams; examinations and tests;
        tests and procedures; tests and diagnosis; diagnosis and tests; examination; physical exam; physical
        examination; exams; exam; investigations; investigation; workup; work-up; evaluation; assessment;
        clinical assessment; screening; screening tests; screening test; lab tests; laboratory tests;
        laboratory diagnosis; blood tests; blood test; imaging; imaging tests; imaging studies; differential;
        differential diagnosis; differential diagnoses; medical tests; genetic testing; genetic tests;
        detection; early detection; diagnostic imaging; diagnosis and evaluation; evaluation and diagnosis;
        clinical diagnosis; clinical testing; testing resources; screening and diagnosis; how it is found;
        getting a diagnosis; getting diagnosed; diagnostic workup; lab and pathological tests;
        electrodiagnostic tests; manual tests; imaging and tests; biopsy; medical history and physical exam;
        physical examination and history; newborn screening; eye tests; eye test; skin tests; urine tests;
        hearing tests; lab work; scans; x-rays""",
    Kind.TREATMENT: """
        treatment; treatments; treatment options; treatment option; treating; therapy; therapies; therapeutic
        options; management; management and treatment; treatment and management; medical treatment; medical
        care; medical management; standard therapies; standard treatment; standard treatments; treatment and
        care; care; surgery; surgeries; surgical treatment; surgical treatments; surgical options; surgical
        management; surgical procedures; procedures; medical procedures; surgery options; operation;
        operations; interventions; non-surgical treatment; non-surgical treatments; non-pharmacological
        treatment; non-pharmacological treatments; nonpharmacological treatments; conservative treatment;
        physical therapy; physiotherapy; rehabilitation; rehab; surgery and rehabilitation; occupational
        therapy; cure; radiation therapy; chemotherapy; treatment approaches; treatment plan; treatment
        guidelines; treatment overview; psychotherapy; talking therapies; talking therapy; counseling;
        counselling; psychological treatment; palliative care; supportive care; supportive treatment;
        alternative treatments; alternative therapies; complementary therapies; first aid; emergency
        treatment; acute treatment; investigational therapies; treatments and therapies; cures; follow-up
        care; medical therapy; therapeutic approaches; other treatments; regenerative therapies;
        physiotherapy and electrotherapy; exercise therapies; advanced therapies; stem cell therapies;
        immunotherapy; vaccine therapy; treatment and prognosis; oxygen therapy; clinical management""",
    Kind.MEDICATIONS: """
        medications; medication; medicines; medicine; drugs; drug; drug treatment; drug treatments; drug
        therapy; drug therapies; pharmacotherapy; pharmacological treatment; pharmacological treatments;
        pharmacologic treatment; pharmacological therapy; pharmacological management; prescription drugs;
        prescription medicines; prescription medications; medication options; over-the-counter medicines;
        over-the-counter medications; over the counter medicines; painkillers; pain relievers; antibiotics;
        dosage; dose; doses; dosing; dosage and administration; usage; how to use; how to take; brand names;
        brand names of combination products; side effects; adverse effects; adverse reactions; precautions;
        indications; indication; contraindications; contraindication; drug interactions; interactions;
        interactions with medications; interactions with foods; interactions with herbs and supplements;
        storage and disposal; storage; forget a dose; missed dose; important warning; how does it work; how
        effective is it; medications and treatments; drug classes; medication list; commonly used
        medications; medical drugs; mechanism of action; pharmacology; active ingredients; emergency or
        overdose; overdose; special precautions; safety; administration; medications for symptom relief; drug
        treatment options""",
    Kind.SELF_CARE: """
        self-care; self care; self-help; self help; self-management; self management; home care; home
        remedies; home remedy; remedies; natural remedies; herbal remedies; home treatment; home treatments;
        lifestyle; lifestyle changes; lifestyle modifications; lifestyle modification; lifestyle and home
        remedies; lifestyle tips; lifestyle measures; lifestyle advice; living with; living well; coping;
        coping and support; daily life; everyday life; day-to-day life; managing at home; at home; diet; diet
        and nutrition; nutrition; eating, diet, and nutrition; eating; diet and lifestyle; dietary; dietary
        changes; foods to eat; foods to avoid; what to eat; what to avoid; what to eat and what to avoid;
        exercise; exercises; physical activity; care at home; caring for yourself; looking after yourself;
        what you can do; things you can do; things you can do yourself; how to help yourself; self-treatment;
        dietary supplements; supplements; tips; practical tips; everyday tips; relief; pain relief; easing
        symptoms; dietary instructions; healthy habits; sleep tips; caregiving; caring for someone; dos and
        don'ts; do's and don'ts; home care tips; mind-body therapies""",
    Kind.PREVENTION: """
        prevention; preventing; preventive measures; preventative measures; preventions; prevention
        strategies; prevention tips; prevention and control; how to prevent; risk reduction; reducing risk;
        reducing your risk; lowering your risk; avoiding; protect yourself; protecting yourself; protection;
        prophylaxis; vaccines; vaccination; immunization; immunisation; prevention methods; preventative
        steps; preventive steps; ways to prevent; steps to prevent; prevention of recurrence; avoiding
        triggers; why get vaccinated; keeping well; staying safe; reducing the risk; prevention guidelines""",
    Kind.PROGNOSIS: """
        prognosis; outlook; expectations; long-term outlook; long term outlook; life expectancy; survival;
        survival rate; survival rates; survival statistics; what to expect; recovery; recovery time; course;
        clinical course; disease course; natural history; outcome; outcomes; future outlook; chance of
        recovery; progression; disease progression; outlook and prognosis; prognosis and outlook; mortality;
        long-term prognosis; how long it lasts; duration""",
    Kind.WHEN_TO_SEEK_HELP: """
        when to see a doctor; when to see your doctor; when to seek help; when to seek medical help; when to
        seek medical care; when to seek medical attention; when to seek medical advice; when to seek care;
        when to seek emergency care; when to seek urgent care; when to seek emergency help; when to get help;
        when to get medical help; when to get medical advice; when to get emergency help; when to get urgent
        help; when to call a doctor; when to call the doctor; when to call your doctor; when to call for
        help; when to call an ambulance; when to call a professional; when to contact a doctor; when to call;
        when to contact a medical professional; when to contact your doctor; when to contact a health
        professional; when to consult a doctor; when to visit a doctor; when to visit the doctor; when to go
        to hospital; when to go to the er; when to go to the emergency room; when to worry; when to talk to
        your doctor; when to see a gp; when to see a specialist; when to see a health care provider; when to
        see a healthcare provider; when to see a health professional; when to ask for help; seeking help;
        seeking medical help; seek medical advice; seek medical help; seek help; getting help; getting
        medical help; get medical help; get help; emergency; emergencies; emergency signs; emergency
        symptoms; emergency warning signs; medical emergency; warning signs; red flags; red flag symptoms;
        danger signs; urgent symptoms; urgent advice; call your doctor; call a doctor; see a doctor; severe
        reaction; when to seek medical attention urgently; immediate action required; non-urgent advice; when
        to be concerned""",
    Kind.FAQ: """
        faq; faqs; frequently asked questions; questions and answers; q&a; q and a; common questions; your
        questions answered; questions people ask; people also ask; questions; common questions and answers;
        myths and facts""",
    Kind.CONCLUSION: """
        conclusion; conclusions; summary; in summary; to sum up; in conclusion; to conclude; in closing;
        final thoughts; final words; closing thoughts; takeaway; takeaways; key takeaways; key takeaway; the
        bottom line; bottom line; wrap-up; wrapping up; last word; concluding remarks; remember; in short;
        recap; the takeaway; last words; key messages; take-home message; take-home messages""",
    Kind.OTHER: """
        frequency; epidemiology; incidence; prevalence; statistics; occurrence; demographics; affected
        population; how common; how common is; burden; distribution; global burden; facts and figures; facts
        and statistics; research; clinical trials; current research; clinical research; research studies;
        research directions; future research; future directions; recent advances; support groups; support;
        support group; organizations; organisations; patient organizations; patient support; patient stories;
        considerations; special considerations; other information; history; anatomy; structure; location;
        structure and location; structure & location; origin; insertion; origin and insertion; attachments;
        blood supply; nerve supply; functions; function; key functions; anatomy and physiology; physiology;
        resources; more information; other names; synonyms; names; alternative names; also known as; other
        names for this condition; abbreviations; glossary; questions to ask; questions to ask your doctor;
        pregnancy; in pregnancy; children; in children; older adults; learn more; how can i learn more;
        further information; helpful resources; living organizations; cost; travel; work; case study; case
        report; doctor's note; related topics; related conditions; related problems; related disorders;
        related diseases; related illnesses; next steps""",
}  # fmt: skip
