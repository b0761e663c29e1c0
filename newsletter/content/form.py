"""Forms of headings that are no plain name of a part: orders, "Ways to …", "Signs you need …", how-tos.

content/heading.py tries these after the whole phrases and before the questions, so that what a heading
asks of the reader decides before a word in it does: "Signs you need urgent care" is no care.
"""

from __future__ import annotations

from newsletter.content.article import Kind
from newsletter.content.word_group import ALONE, DOCTOR, DRUG, HELP, MEDICINE, SPEAK, SPECIFIC, URGENT_PLACE

#: The first kind of which a pattern is found decides. Headings are in lower case, without final
#: punctuation, numbers of a list ("5 ways") and words like "exactly"; X stands for the condition.
FORMS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        Kind.OTHER,
        (
            r"^(?:\w+ ){0,2}questions (?:to ask|you (?:should|could|can|may|might) ask|for your)\b",
            r"^what (?:questions )?(?:should|can|could|to) (?:i |you )?ask (?:my|your|the|a)\b",
            r"^(?:where|how) (?:can|do|to) (?:i |you )?(?:find|get) (?:more )?(?:information|support)\b",
            r"^shar(?:e|ing) (?:this|it|the|these|your|our|on|via|with)\b",
            r"^(?:tak|accept|assum|runn?)(?:e|ing)? (?:the|this|a) (?:\w+ )?risks?$",
        ),
    ),
    (
        Kind.DIAGNOSIS,
        (
            rf"^what (?:will |might |to )?(?:happens?|expect)\b.*\b(?:{DOCTOR}|appointment|visit)(?!\w)",
        ),
    ),
    (
        Kind.WHEN_TO_SEEK_HELP,
        (
            r"^(?:immediate action|urgent advice|non-?urgent advice|emergency advice)\b",
            rf"^(?:please |always |you should |immediately )?{SPEAK} (?:[\w'/-]+ ){{0,5}}{DOCTOR}(?!\w)",
            (r"^(?:please |always |you should )?(?:call|ring|dial|phone|contact) (?:[\w'-]+ ){0,4}"
             r"(?:\d{3}|ambulance|emergency|nhs|helpline|for help)\b"),
            rf"^(?:go|get|come|head) (?:[\w'-]+ ){{0,3}}to (?:[\w'-]+ ){{0,3}}{URGENT_PLACE}\b",
            (rf"^(?:you (?:should|need to) )?(?:seek|get|ask for|request|book) (?:[\w/-]+ ){{0,5}}{HELP}\b"
             r"(?! (?:with|paying|to pay))"),
            (r"^(?:seeking|getting) (?:(?:medical|emergency|urgent|immediate|professional|prompt|expert) )+"
             rf"{HELP}\b"),
            (rf"\b(?:when|if|reasons?|time|signs?|symptoms?|how soon)\b.*\b{SPEAK} "
             rf"(?:[\w'/-]+ ){{0,4}}(?:{DOCTOR}|{URGENT_PLACE}|ambulance|\d{{3}}|help)(?!\w)"),
            (r"\b(?:when|reasons?|time|signs?|symptoms?)\b.*\b(?:seek|get|getting|need) (?:[\w-]+ ){0,4}"
             rf"(?:medical|emergency|urgent|immediate|professional|prompt) (?:\w+ )?(?:{HELP}|treatment)\b"),
            (rf"\bwhen (?:do|does|should|will|might|would) .*\bneed (?:to |[\w'-]+ ){{0,4}}"
             rf"(?:{DOCTOR}|{URGENT_PLACE}|{HELP})(?!\w)"),
            rf"^when (?:[\w-]+ ){{0,4}}{HELP} is (?:needed|required|necessary|urgent)\b",
            r"\bwhen (?:[\w']+ ){0,5}(?:worry|worried|concerned?|alarmed)\b",
            r"\b(?:should|do) i (?:be )?(?:worry|worried|concerned)\b",
            r"\b(?:should|must|can|do|to) (?:not|never) (?:be )?(?:ignored?|overlook(?:ed)?)\b",
            r"\b(?:never|not) to (?:ignore|overlook)\b",
            r"\b(?:signs?|symptoms?) (?:of|that mean|it is) an? (?:\w+ )?emergency\b",
            r"\bemergency (?:warning )?(?:signs?|symptoms?)\b",
            (r"\b(?:signs?|symptoms?) (?:that )?(?:need|require)s? (?:\w+ )*(?:urgent|immediate|emergency|"
             r"medical)\b"),
            r"\b(?:red[- ]flags?|danger signs?)\b",
            (r"\b(?:is (?:it|this|X|an? X)|when is (?:it|this|X|an? X)|if (?:it|this) is) an? (?:\w+ "
             r")?emergency"),
            r"^(?:who|whom) (?:to|should i|should you|do i|can i) (?:call|contact|see|ask|speak|talk|turn)\b",
            rf"^where (?:to|can i|can you|should i) (?:get|find|seek|go for) (?:\w+ )?{HELP}\b",
            r"^(?:what to do )?in an emergency\b",
            rf"^(?:take|bring|rush) (?:\w+ ){{1,3}}to (?:[\w'-]+ ){{0,3}}(?:{URGENT_PLACE}|{DOCTOR})(?!\w)",
            (rf"\bwhen (?:\w+ )?to (?:take|bring) (?:\w+ ){{1,3}}to (?:[\w'-]+ ){{0,3}}(?:{URGENT_PLACE}|"
             rf"{DOCTOR})(?!\w)"),
            r"\b(?:worrying|alarming|serious) (?:signs?|symptoms?)\b|^how urgent\b",
            r"^(?:when not to|do not|never) (?:wait|delay)\b",
            rf"^(?:a|your|an|the) {DOCTOR} can (?:help|advise)\b",
            r"^if (?:your|the) (?:symptoms?|condition|pain) (?:gets?|becomes?|worsens?)\b",
        ),
    ),
    (
        Kind.MEDICATIONS,
        (
            (r"^how (?:much|often|long|and when|to|do you|do i|should i|should you|can i)\b"
             r"(?: (?:much|often|long|long for|\w+ing))?(?: (?:to|i|you|do|should|will|must|need|can|have))*"
             r" (?:safely |properly |correctly )?(?:take|use|apply|inject|inhale|store|swallow) "
             r"(?!care|time|part|control|charge|steps|action|the pressure|a break)"),
            (r"^how (?:much|often|long|and when)(?: (?:to|i|you|do|should|will|must|need|can|have))*"
             r" (?:take|use|apply|inject|inhale)$"),
            r"^how (?:and when )?to (?:take|use|apply|inject|store)(?: (?:it|them|this))?$",
            (rf"^(?:taking|using|stopping|starting|storing|changing|coming off|choosing|managing) "
             rf"(?:your |the |an? |it with |other )?(?!certain|some|illegal|illicit|street)(?:[\w-]+ "
             rf")?{MEDICINE}$"),
            rf"^taking (?:{DRUG}|\w+ (?:with|while|when|during|safely|for X)\b)",
            rf"^how (?:does |do )?{DRUG} (?:work|help)s?\b|^(?:can|should|when can) i stop taking\b",
            r"^how long (?:will|do|must|should|am) i (?:have to |need to )?(?:be )?(?:on|take|keep taking)\b",
            r"^(?:before|while|after|if) (?:you |i )?(?:tak|us|stop|start)(?:e|ing|p|ping|t|ting) ",
            (r"\b(?:forg[eo]t\w*|miss(?:ed)?) (?:to take|to use|(?:[\w-]+ ){0,2}(?:dose|tablet|pill|"
             r"injection))\b"),
            r"\b(?:take|took|taken|use|used) too (?:much|many)\b",
            r"^who (?:can|should|may|must)(?: and (?:can ?not|should not))?(?: not)? (?:take|use)\b",
            r"\balcohol (?:while|with|when|if|on) .*\btak(?:e|ing)\b",
            rf"^(?:what|which) (?:\w+ ){{0,3}}{MEDICINE}\b|^{MEDICINE} (?:used|for|to)\b",
            (rf"^(?:will|do|does|can|should|is|are) (?:i|you) (?:\w+ )?(?:need|have|take|"
             rf"stop)\b.*\b{MEDICINE}\b"),
            (r"^(?:over[- ]the[- ]counter|otc|prescription|pain) (?:\w+ )?"
             r"(?:medicines?|medications?|drugs?|pain relie(?:f|vers?)|remedies|creams?|treatments?)\b"),
            rf"^{MEDICINE}(?:,? (?:and|or|,)? ?{MEDICINE})+$",
            (r"^(?:\w+ ){0,3}(?:inhalers|steroid (?:tablets|injections|creams)|(?:cortico)?steroids|nsaids|"
             r"antihistamines|antidepressants|antivirals|beta[- ]blockers|statins|diuretics|biologics|"
             r"anticoagulants|blood thinners|insulin|painkillers)$"),
        ),
    ),
    (
        Kind.PREVENTION,
        (
            r"^(?:preventing|guarding against|warding off)\b",
            (r"^(?:\w+ ){0,3}(?:how|ways?|steps?|tips?|things(?: \w+){0,4}|what(?: \w+){0,4}|steps (?:\w+ "
             r"){0,3}\w+|strategies|"
             r"measures|learn|vaccines?) to (?:help (?:you )?|best )?(?:prevent|ward off|protect "
             r"(?:yourself|against|your))\b"
             r"(?! complications)"),
            (rf"^(?:\w+ ){{0,2}}(?:ways?|how|steps?|tips?|things (?:\w+ ){{0,3}}|strategies|what to do) "
             rf"(?:to|for|on) avoid(?:ing)? (?!{MEDICINE}|foods?)"),
            (r"\b(?:reduc|lower|cut|decreas|minimi[sz]|limit)(?:e|ing|ting)?(?: down)?(?: on)? "
             r"(?:my |your |the |their |our )?(?:\w+ )?(?:risks?|chances?|odds|likelihood)\b"),
            (r"\bstop(?:ping|s)? .*\b(?:com(?:e|ing) back|return\w*|recur\w*|spread\w*|happening|again)\b"),
            (r"^stopping the spread\b|^keep(?:ing)? .*\b(?:away|at bay)$|^avoid(?:ing)? (?:(?:getting|"
             r"catching|spreading|passing on|infecting) |X\b)"),
            r"^(?:X )?(?:vaccines?|vaccinations?|immuni[sz]ations?|jabs?)(?: for| against| and|$)",
            (r"^(?:is there|who (?:should|can|needs)|when to|getting|having|do i need|should i)\b"
             r".*\b(?:vaccine|vaccination|jab|immuni[sz]ation|vaccinated|immuni[sz]ed)\b"),
            r"^(?:can|could|is) .*\b(?:prevented|avoided|avoidable|preventable)\b",
            r"^protect(?:ing)? (?:yourself|your|others|against|from)\b",
        ),
    ),
    (
        Kind.COMPLICATIONS,
        (
            r"^(?:(?:leaving|living with) )?untreated X|^leaving (?:it|X) untreated\b",
            (r"\b(?:if|why|what|when|risks?|dangers?|can|complications)\b.*\b(?:untreated|not treat(?:ed)?|"
             r"left alone|without treatment|never treat(?:ed)?|not (?:get|have|seek|receive) (?:\w+ )?"
             r"treat(?:ed|ment)|not take (?:my|your) medic\w+)\b"),
            r"\bwhat (?:happens|can happen|could happen|might happen|if) .*\bignor(?:e|ed|ing)\b",
            r"^what if .*\bnot\b.*\btreat",
            r"\b(?:dangers?|hazards?) (?:of|from|to)\b|^(?:what|is|are|how) .*\b(?:dangers?|damage)\b",
            (r"^(?:how|why|what|is|are|can|when)\b.*\b(?:dangerous|harmful|fatal|deadly|life[- "
             r"]threatening)\b"),
            r"^(?:can|could|do|does|will|how many) .*\b(?:die|dies|kill|kills|death)\b",
            r"^(?:can|could|do|does|will|may|might) (?:an? |having )?X .*\b(?:raise|increase) .*\brisks?\b",
            (r"^(?:can|could|do|does|will|may|might) (?:an? |having |untreated |chronic )?X "
             r"(?:lead|cause|damage|harm|affect|turn into|become|result|make|put|trigger|spread to)\b"),
            (r"^(?:what|how) (?:can|could|does|do|will|might) (?:an? )?X (?:lead to|do to|cause|damage|"
             r"harm)\b"),
            (r"\b(?:problems?|conditions?|illnesses|diseases?|disorders?) (?:that are |often |commonly |"
             r"sometimes )?"
             r"(?:linked|caused|associated|connected|related) (?:to|with|by)\b"),
            (r"\bhealth (?:risks?|problems?|consequences|effects) (?:of|from|linked|caused|associated|"
             r"related)\b"),
            r"^(?:health )?risks of (?:untreated|living|having|uncontrolled|not|leaving)\b",
            (r"^(?:what|which) (?:\w+ ){0,2}(?:problems?|complications?|conditions?) (?:can|could|does|do|"
             r"might|may) "
             r"(?:an? |having )?(?:X|it|this)\b|^how (?:serious|dangerous|bad) (?:is|are|can|could)\b"),
            r"^what (?:could|can|might) (?:go wrong|happen)\b",
            r"^(?:\w+ )?(?:lasting|long[- ]term|late|harmful|serious) (?:effects|consequences)\b",
            r"^what are the (?:\w+ )*(?:consequences|effects) of (?:an? |having |untreated )?X\b",
            r"^(?:how|ways) X (?:can )?(?:affects?|damages?|harms?) (?:your|the|other)\b",
            r"^other (?:health )?(?:problems|conditions)\b",
        ),
    ),
    (
        Kind.RISK_FACTORS,
        (
            (r"^(?:what|who|which|how|why|things|factors|habits|does|do|can|could)\b.*"
             r"\b(?:increas|rais|affect|boost|influenc)(?:e|es|ing)\b .*"
             r"\b(?:risks?|chances?|odds|likelihood)\b"),
            r"\bputs? (?:\w+ ){1,3}at (?:\w+ )?risk\b",
            (r"^who (?:can|could|may|might|will|is likely to) (?:also )?(?:get|develop|have|catch|suffer|"
             r"be affected)\b"),
            (r"^(?:can|do|does|could) (?:\w+ )?(?:children|kids|babies|toddlers|teenagers|adults|men|women|"
             r"people|"
             r"anyone) (?:also )?(?:get|have|develop|suffer)\b"),
            r"^who (?:does|do|can|gets|develops|suffers|has|tends)\b.*(?:\baffect|X|\bit\b|\bthis\b)",
            (r"^(?:who|what|why|which|are|is|am|does|do|can|people|things|factors|groups)\b.*"
             r"\b(?:more|most|less) (?:likely|prone|susceptible|vulnerable|at risk)\b"),
            r"^(?:which|what (?:sort|kind) of) (?:people|person|groups?|adults|children|women|men)\b",
            r"^(?:am|are) (?:i|you|we) (?:\w+ )?(?:likely|at|prone|in danger)\b",
            r"^(?:who|what|why|which|are|is|am|people|those|groups|when|how)\b.*\bat (?:\w+ )?risk\b",
            r"\brisk factors?\b",
            r"^(?:how|why|does|do|can) (?:your )?(?:age|sex|gender|race|ethnicity|weight|family history)\b",
        ),
    ),
    (
        Kind.DIAGNOSIS,
        (
            (rf"^(?:see|seeing|visiting|your)\b.*\b{DOCTOR}(?:'s)?\b.*\b(?:expect|appointment|visit|"
             r"happens)\b"),
            (r"\b(?:expect|happens?|ask(?:ed)?|prepar\w+|ready)\b.*\b(?:appointment|visit|consultation|"
             r"check-?up)\b"),
            r"^(?:at )?(?:your|the) (?:\w+ )*(?:appointment|consultation|visit)\b",
            (rf"^what (?:will|would|does|do|might|can) (?:a |the |my |your )?{DOCTOR} "
             r"(?:\w+ )?(?:do|ask|check|look|want|say)\b"),
            rf"^what (?:a |the |my |your ){DOCTOR} (?:will|may|might|can) (?:do|ask|check|look|want|say)\b",
            (rf"^how (?:\w+ )?{DOCTOR} (?:can |will )?(?:diagnose|test|check|find|detect|tell|know|"
             rf"identify)\b"),
            r"^(?:how|what|is|can|confirming|ruling)\b.*\b(?:confirm\w*|ruled out|rule it out|ruling out)\b",
            r"^is (?:it|this) (?:an? )?X or\b|^what else (?:could|can|might) it be\b",
            r"^(?:\w+ ){0,2}(?:tests?|scans?|exams?) (?:you|your|that|used to|to diagnose|to confirm)\b",
            r"^(?:finding out (?:if|what|why|whether)|checking (?:your|for))\b",
            r"^(?:how to )?(?:get|getting|being) (?:a )?(?:tested|diagnos\w+|checked|screened)\b",
            r"^(?:understanding |reading )?(?:your )?(?:\w+ )?test results\b",
            r"^(?:how|when|who|where|should|can|do)\b.*\b(?:get|be|getting) (?:tested|screened|checked)\b",
        ),
    ),
    (
        Kind.PROGNOSIS,
        (
            r"^recover(?:y|ing) (?:from|after|time|and|following)\b",
            (r"^when (?:will|can|do|should) (?:i|you|my \w+|it|X) (?:\w+ )*(?:better|recover|well|normal|"
             r"heal)\b"),
            r"^when can (?:i|you) (?:go back|return|get back)\b",
            r"\blive (?:a |an )?(?:normal|long|full|healthy)\b",
            (r"^(?:will|does|do|can|when|how (?:soon|fast|quickly|long)|is|if)\b.*\b(?:get|gets|getting) "
             r"(?:worse|better)\b(?! sleep)(?!.* (?:home|yourself))"),
            (r"^how (?:soon|fast|quickly) (?:do|does|will|can)\b|^(?:do|does|can|will) .*\b(?:progress|"
             r"worsen)\b"),
            (r"^(?:will|does|can|do|could) (?:i |it |X |the \w+ ).*\b(?:last|forever|permanent|back|return|"
             r"recur)\b"),
            r"^(?:can|could|is) .*\b(?:reversed|reversible)$|^can (?:you|i|people) live with X\b",
            r"^is X (?:permanent|lifelong|forever|reversible|progressive|terminal)\b",
            r"^how long (?:do|does|will|can|until|before|it|X|to)\b(?!.*\b(?:take|use) (?:my|the|it|them)\b)",
            r"^what (?:happens next|to expect (?:in|over|after|long|if|from)|is the future)\b",
            r"^(?:the )?future (?:for|with|of)\b|^healing (?:time|from)\b|^life expectancy\b",
        ),
    ),
    (
        Kind.SELF_CARE,
        (
            rf"^(?:treat|eas|reliev|manag|sooth|control|how|ways|tips|getting|fix|heal)\w*\b.*\b{ALONE}$",
            (r"^(?:manag|cop|deal|liv|adjust|adapt|look|car|eas|reliev|sooth)ing "
             r"(?!risk|costs?)(?:well |better |day[- ]to[- ]day )?"
             r"(?:with |to |after |for )?(?!(?:complications|side effects)\b)"),
            (r"^(?:\w+ ){0,2}(?:how|ways?|tips?|things (?:\w+ ){0,4}?|steps?|strategies|learning|advice|"
             r"what (?:\w+ ){0,4}?|help) (?:to|for|on|about) (?:help (?:to )?|better |best )?"
             r"(?:manag|cop|deal|liv|look|car|eas|reliev|sooth|control|help|feel|reduce (?:pain|swelling|"
             r"discomfort|inflammation|symptoms|stress)|calm|sleep|boost|support)(?:e|es|ing)?\b"),
            (r"^(?:\w+ ){0,2}(?:foods?|drinks?|meals?|food and drinks?)(?: and drinks?)? "
             r"(?:to|that|which|you|for|with|and X|good|bad|rich)\b"),
            (r"^(?:can|should|what|which|is|are|does|how) (?!.*\binteract).*\b(?:eat|eating|foods?|diets?|"
             r"drink|drinking|"
             r"exercise|exercising|work out)\b(?!.*\b(?:taking|causes?|disorder))"),
            (r"X (?:and|with) (?:your )?(?:alcohol|diet|food|eating|drinking|exercise|sport|fitness|smoking|"
             r"weight|sleep|stress|lifestyle|nutrition)$"),
            r"^(?:alcohol|diet|food|eating|drinking|exercise|sport|sleep|stress|smoking) (?:and|with|for) X$",
            r"^(?:\w+ ){0,3}(?:natural|home|household|herbal|folk) (?:remed\w+|treatments?|cures?)\b",
            r"^(?:things|what|how|ways|steps) (?:\w+ )?(?:you|i|we|people) can (?:do|try|help|take)\b",
            r"^what (?:to do(?: (?:during|about|after|when)|$)|can i do|you can do|helps)\b(?! (?:if|in an))",
            r"^what (?:should|do|can|could) (?:i|you|we) do (?:during|about|to|when|for|after)\b",
            r"^(?:things|what|foods|habits|changes) (?:that )?(?:may |might |can |could )?helps?\b",
            (r"\b(?:habits|things|tips|changes|remedies|foods|exercises|stretches|activities) that "
             r"(?:can |may |might |could )?help\b"),
            r"^(?:getting|improving) .*\b(?:sleep|rest)$|^what not to do\b",
            r"^(?:[\w-]+ ){1,4}tips(?: for| to| when| on|$)",
            r"^(?:eating|drinking) (?:more|less|well|healthily|enough|the right)\b",
            r"^(?:quitting|stopping|giving up|cutting down on) (?:smoking|drinking|alcohol)$",
            r"^taking care of\b|^(?:day[- ]to[- ]day|daily|everyday) (?:life|living|care)\b|^life with\b",
            r"^(?:self[- ](?:care|help|management)|lifestyle|home care|at-home|diet|coping)\b",
            (r"^(?:\w+ ){0,2}(?:lifestyle|diet|dietary|self-care|exercise) (?:changes|tips|advice|plans?|"
             r"measures)\b"),
            r"^(?:exercise|exercises|yoga|diets?|stretches) (?:for|to|that)\b",
            r"^support(?:ing)? (?:someone|a loved one|your (?:child|partner))\b",
        ),
    ),
    (
        Kind.TREATMENT,
        (
            r"^(?:treating|curing|healing|fixing)\b(?! process)",
            (r"^(?:\w+ ){0,3}(?:how|ways?|what|options?|approaches|methods|steps|tips|things) (?:\w+ ){0,4}?"
             r"(?:to|for) (?:treat|cure|heal|fix|get rid of)(?:ing)?\b"),
            r"^(?:how .*|can .*)?\bget(?:ting)? rid of\b",
            (r"^(?:removing|repairing|correcting) (?:an? |the |your )?\w|\bneed to be (?:removed|treated|"
             r"operated)\b"),
            r"^having .* (?:removed|surgery|operation|procedure|replaced)$",
            r"^(?:alternative|complementary|integrative) (?:medicines?|therap(?:y|ies)|treatments?)\b",
            r"^what (?:works|is best|is the best|are the best)\b|^how (?:can|do|will) .*\bhelp X$",
            r"^(?:what|which) (?:are|is) (?:my|your|our) (?:\w+ )?(?:options?|choices)\b",
            r"^what (?:options?|choices) (?:are|do|is)\b",
            (r"^(?:what|how) .*\b(?:be done|treat(?:s|ed)?|removed?|repaired|relieved|controlled)\b"
             r"(?!.*\bdiagnos)"),
            rf"^how (?:\w+ )?{DOCTOR} (?:can |will )?treat\b",
            (r"^(?:will|do|does|could|should|might) .*\bneed (?:\w+ )?(?:surgery|an operation|treatment|"
             r"treating)\b"),
            r"^(?:having|when is|what is|types of|why) (?:\w+ )?(?:surgery|an operation)\b",
        ),
    ),
    (
        Kind.TYPES,
        (
            r"\b(?:the differences?|how .* differs?|telling .* apart)\b(?!.*\bmake)",
            r"^how many (?:\w+ ){0,2}(?:types|kinds|stages|forms|grades|variants)\b",
            r"\b(?:severity|X)\b.*\b(?:graded|classified|staged|categori[sz]ed|classed|measured)$",
            r"^what (?:do|does) (?:the |my )?(?:stages?|grades?|types?)\b",
            (r"^(?:what|which) (?:type|kind|stage|form|grade) (?:of|is|do)\b"
             r"(?! (?:\w+ )?(?:disease|condition|disorder|illness|problem) is)"),
            r"X (?:vs|versus)\.? |\b(?:vs|versus)\.? .*X$",
            r"^is X the same as\b",
        ),
    ),
    (
        Kind.CAUSES,
        (
            (r"^what (?:brings|sets) .*\b(?:on|off)$|^what .*\b(?:causing|triggering|setting off|"
             r"driving)\b|^what (?:\w+ )?(?:leads? to|contributes? to|gives|sets? off|brings? on|brought "
             r"on|provokes?|"
             r"makes? .*(?:worse|flare)|is causing|could be causing|might be causing|may be causing|can "
             r"cause|"
             r"is (?:behind|responsible|to blame)|lies behind|is going on)\b"),
            r"^how (?:you|people|we|someone|children|babies|adults) (?:get|catch|develop|pick up)\b",
            r"\bpassed (?:on|from|between)\b|\b(?:what is|what lies|science|story|reasons?) behind X$",
            r"^why (?:it|they|this|X) (?:happens?|occurs?|develops?|starts?|comes?)\b",
            (rf"^(?:{MEDICINE}|conditions|illnesses|diseases) that (?:can |may |might |could )?(?:cause|"
             rf"trigger)\b"),
            r"^why (?:does|do) .*\bforms?$|^things that (?:can |may )?make X\b.*\bworse$",
            r"^where (?:does|do|did) .*\bcome from\b",
            (r"^how (?:an? )?(?:X|it|the \w+) (?:develops?|starts?|begins?|happens?|occurs?|spreads?|"
             r"comes? about|"
             r"works?|is (?:caused|spread|passed|caught|inherited)|arises?)\b"),
            r"^what happens (?:in|to|inside) (?:your|the|my) \w+(?: (?:in|during|with|when|if) .*)?$",
            (r"\b(?:pass|passing|give|giving|transmit) .*\b(?:on|to (?:others|someone|anyone|other|my|"
             r"your))\b"),
            r"\b(?:things|factors|what) (?:that )?(?:can )?(?:cause|trigger|contribute)s?\b",
            (r"^(?:can|could|does|do|is) .*\b(?:caus(?:e|es|ing)|trigger(?:s|ing)?|brings? on|lead to|"
             r"caused by) .*X$"),
            r"^(?:is|are) .*\b(?:contagious|catching|infectious|genetic|hereditary|inherited)\b",
            r"^how (?:do|does|did|can) .*\b(?:get|catch|pick up) (?:an? )?X$",
        ),
    ),
    (
        Kind.SYMPTOMS,
        (
            (r"^(?:\w+ ){0,3}(?:signs?|symptoms?) (?:(?:and|or) (?:signs?|symptoms?) )?(?:that )?(?:you|it|"
             r"include|"
             r"might|may|to (?:look|watch)|your|can|are)\b"),
            r"^(?:check|checking|see) (?:if|whether) (?:you|it|your|this)\b",
            (r"^how (?:to|(?:can|do|could|would|will) (?:i|you|people)) (?:tell|know|recogni[sz]e|spot|"
             r"identify)\b(?!.*\bdiagnos)"),
            (r"^(?:recogni[sz]ing|spotting|noticing|identifying)\b"),
            r"^(?:do|could|might|have) (?:i|you|it) (?:\w+ )?(?:be |got )?(?:have )?(?:an? )?X$",
            r"^(?:is|could|might) (?:it|this|that|your \w+|my \w+) (?:be )?(?:an? )?X$",
            r"^where (?:does|do|will|is) .*\b(?:hurt|pain|ache|appear|itch|felt|show)\b",
            r"\bwhat (?:it|they|X) (?:feels?|looks?) like\b",
            r"^(?:how|what) (?:an? )?X (?:feels|looks|presents|shows|appears)\b",
            r"^what (?:you|i|people|patients) (?:may|might|can|could|will) (?:notice|feel|experience|see)\b",
            rf"^(?:common|main|typical|early|first) {SPECIFIC} include$",
            r"^(?:the )?(?:early |first |warning )?signs? (?:of|in|that)\b",
        ),
    ),
    (
        Kind.FAQ,
        (
            r"\b(?:myths?|misconceptions?)\b",
            r"\b(?:faqs?|frequently asked)\b",
            r"^(?:common|your|top|people's|other) (?:\w+ )?questions\b",
        ),
    ),
    (
        Kind.CONCLUSION,
        (
            (r"^(?:key|main|important) (?:points? (?:to|about|on|for)|messages?|takeaways?|things to "
             r"remember)\b"),
            r"^(?:points?|things) to (?:remember|take away)\b|^(?:summing|wrapping) (?:it )?up\b",
            (r"^a (?:final |last )?word (?:from|on|about)\b|^(?:the )?(?:final|last|closing) (?:thoughts?|"
             r"words?)\b"),
            r"^the bottom line\b",
        ),
    ),
    (
        Kind.OVERVIEW,
        (
            r"^(?:an? )?X:? (?:explained|defined|in (?:a nutshell|brief|short|plain \w+)|101|at a glance)\b",
            (r"^(?:understanding|defining|introducing|explaining|learn about|all about|about|meet) (?:an? "
             r")?X$"),
            (r"^(?:an? )?(?:\w+ ){0,2}(?:guide|introduction|intro|primer) (?:to|for|on) (?:an? )?X|"
             r"^what (?:kind|sort|type) of (?:\w+ )?(?:disease|condition|disorder|illness|problem) is\b"),
            r"X[:,]? what is (?:it|X|this)$|^.*[:,] what is X$",
            (r"^is (?:an? )?X an? (?:\w+ ){0,3}(?:disease|condition|disorder|illness|infection|cancer|"
             r"allergy)\b"),
            r"^what (?:do|does) (?!.*\b(?:stage|grade|result)).*\bmean\b",
            r"\b(?:need to|should|must|to) know(?: about)?(?: (?:an? )?X)?$",
        ),
    ),
)  # fmt: skip
