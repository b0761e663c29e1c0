"""Groups of words that the forms of headings (content/form.py) share: regular expressions in lower case."""

from __future__ import annotations

#: Who is asked for help.
DOCTOR = (
    r"(?:doctors?|gps?|physicians?|nurses?|midwi(?:fe|ves)|health visitor|pharmacists?|dentists?|opticians?|"
    r"providers?|professionals?|practitioners?|specialists?|surgeons?|clinics?|clinicians?|consultants?|"
    r"therapists?|(?:care|health|medical|clinical) teams?|surgery|\w+ologists?|p(?:a)?ediatricians?|"
    r"psychiatrists?)"
)
#: Where one goes without an appointment.
URGENT_PLACE = r"(?:a and e|er|ed|emergency|casualty|hospital|urgent care|walk-in|accident)"
#: What is sought there.
HELP = r"(?:help|care|advice|attention|assistance|appointment)"
#: How one turns to somebody.
SPEAK = (
    r"(?:see|call|ring|phone|dial|contact|consult|visit|ask|tell|alert|inform|follow up with|"
    r"talk (?:to|with)|speak (?:to|with)|check with|"
    r"go (?:and see|back to|to)|(?:make|book) an appointment with)"
)
#: What is taken.
MEDICINE = (
    r"(?:medicines?|medications?|drugs?|tablets?|pills?|capsules?|inhalers?|injections?|insulin|steroids?|"
    r"antibiotics?|painkillers?|doses?|prescriptions?|ointments?|creams?|eye drops)"
)
#: How the names of medicines end: "colchicine", "allopurinol", "ramipril", "adalimumab".
DRUG = (
    r"\w{3,}(?:icine|idine|amine|zine|apine|etine|ipine|phylline|olol|inol|amol|terol|asone|isone|olone|pril|"
    r"sartan|statin|azole|cillin|mycin|floxacin|cycline|profen|formin|gliptin|gliflozin|glutide|triptan|"
    r"parin|xaban|farin|grel|pam|lam|mab|tinib|vir|thyroxine|oxide|semide|thiazide|lukast|prazole|xetine|"
    r"trexate|aspirin)\b"
)
#: How something is done without others.
ALONE = r"(?:at home|by yourself|yourself|on your own|naturally|without (?:medicines?|medications?|drugs?))"
#: What headings are about.
SPECIFIC = (
    r"(?:symptoms?|signs?|causes?|complications?|diagnos[ie]s|tests?|treatments?|risks?|types?|stages?|"
    r"prevention|outlook)"
)
