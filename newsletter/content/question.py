"""Question headings by kind: the patterns that content/heading.py tries, in this order."""

from __future__ import annotations

from newsletter.content.article import Kind

#: Question headings: the first kind whose patterns are found anywhere in the question, in lower case and
#: without final punctuation, X standing for the condition.
QUESTIONS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        Kind.WHEN_TO_SEEK_HELP,
        (
            (r"\b(?:when|do|should|must) (?:do |should |must |to )?(?:i|you|we|"
             r"someone)?\s*(?:need to )?(?:see|call|contact|consult|visit|talk to|speak to|go to|"
             r"ask|seek|get)\b.*\b(?:doctor|gp|help|care|advice|professional|provider|specialist|"
             r"hospital|attention|ambulance|emergency|999|911|112)"),
        ),
    ),
    (
        Kind.WHEN_TO_SEEK_HELP,
        (
            r"\bwhen (?:is|are|does) .*\b(?:an? emergency|serious|dangerous|urgent)\b",
        ),
    ),
    (
        Kind.WHEN_TO_SEEK_HELP,
        (
            r"\bin case of (?:emergency|(?:a )?severe reaction|(?:an )?overdose)\b",
        ),
    ),
    (
        Kind.OTHER,
        (
            r"\b(?:research|clinical trials?|studies|support for people|find support|support groups?)\b",
        ),
    ),
    (
        Kind.OTHER,
        (
            r"^what to do for\b",
            r"\bother information\b",
            r"^how can i learn more",
            r"^what is the history of\b",
        ),
    ),
    (
        Kind.OTHER,
        (
            r"^how (?:common|rare|frequent|frequently|often|many people)\b",
            r"^how many\b",
            r"^how much .* cost",
        ),
    ),
    (
        Kind.PREVENTION,
        (
            r"^why get vaccinated",
            r"\b(?:prevent|prevented|prevents|preventing|preventable|avoided|prevention)\b",
            r"\b(?:reduce|lower|cut) (?:my|your|the|their) (?:risk|chances?)\b",
            r"^how (?:can|do) (?:i|you|we|people) (?:avoid|protect)\b",
        ),
    ),
    (
        Kind.MEDICATIONS,
        (
            r"^who (?:should|should not|can|cannot|may) (?:get|take|use|have|not)\b",
            (r"\b(?:dosage|dose|brand names?|prescribed|storage and disposal|interactions?|"
             r"contraindications?|side effects?|safety concerns|precautions|important warning)\b"),
            r"\bshould .* be used\b",
            r"^what is the action of\b",
            r"^how effective is\b",
            r"\bhow (?:does|do) .* work\b",
            r"\b(?:what|which) (?:medicines?|medications?|drugs?|tablets)\b",
            (r"\b(?:antihistamines|antibiotics|antidepressants|antivirals|steroids|statins|insulin|"
             r"inhalers?|painkillers|beta[- ]blockers|blood thinners|my (?:tablets|pills|medicines?|"
             r"medications?))\b"),
        ),
    ),
    (
        Kind.RISK_FACTORS,
        (
            r"\bat (?:\w+ )?risk\b",
            r"\brisk factors?\b",
            r"\braises? (?:the|your) risk\b",
            r"^who (?:gets|is affected|can get|does|is (?:most |more )?likely|suffers|develops)\b",
            r"^are certain people\b",
            r"^am i\b",
            r"\bmore likely to (?:get|have|develop)\b",
            r"^who (?:is|are)\b",
        ),
    ),
    (
        Kind.DIAGNOSIS,
        (
            (r"\b(?:diagnos\w+|tested|tests?|testing|exams?|screened|screening|detected?|"
             r"found out|identified)\b"),
            r"^how (?:do|would|can|will) (?:doctors?|i|you|we) (?:know|tell|find out|check)\b",
            r"^how do (?:doctors|health care providers) find\b",
            r"\b(?:scans?|x-rays?|mri|ultrasound|endoscopy|biops(?:y|ies))\b",
        ),
    ),
    (
        Kind.COMPLICATIONS,
        (
            r"\bcomplications?\b",
            r"^what (?:problems|else) can\b",
            r"^what (?:happens|can happen) if .* (?:untreated|not treated)\b",
            r"\blong[- ]term (?:effects|problems)\b",
            r"^is .* (?:dangerous|serious|fatal|deadly|life[- ]threatening)\b",
            r"^how (?:serious|dangerous) is\b",
            r"^what other (?:problems|conditions)\b",
        ),
    ),
    (
        Kind.PROGNOSIS,
        (
            r"\b(?:survive|heal|long run|in the future|years? from now)\b",
            (r"\b(?:outlook|prognosis|life expectancy|recover|recovery|survival|survive|go away|"
             r"expect|come back|last|get better)\b"),
        ),
    ),
    (
        Kind.SELF_CARE,
        (
            r"\bdietary\b",
            r"\b(?:diet|eat|foods?|drink|eating)\b",
            (r"\b(?:at home|myself|yourself|on my own|home remed\w+|live with|living with|cope|"
             r"coping|exercise|self[- ]care|look after|manage my)\b"),
            r"^what can (?:i|you|people) do\b",
            r"^how can (?:i|you) (?:help|ease|relieve|feel)\b",
        ),
    ),
    (
        Kind.TREATMENT,
        (
            (r"\b(?:treat|treats|treated|treating|treatments?|treatable|cure|cured|cures|curable|"
             r"therapy|therapies|managed|manage|surgery|operation)\b"),
        ),
    ),
    (
        Kind.TYPES,
        (
            r"\b(?:types?|kinds?|stages?|forms?|classified|subtypes?|grades?|differ|difference)\b",
        ),
    ),
    (
        Kind.SYMPTOMS,
        (
            r"\b(?:symptoms?|signs?|feel like|look like|looks like|notice)\b",
            r"^how do(?:es)? .* (?:feel|present|look)\b",
        ),
    ),
    (
        Kind.CAUSES,
        (
            (r"\b(?:causes?|caused|inherited|hereditary|genetic|genes?|genetic changes|triggers?|"
             r"contagious|infectious|run in families|spread|spreads|caught|catch|passed on|"
             r"transmitted|develop)\b"),
            r"^why (?:do|does|is|am|are|did)\b",
            (r"^how (?:do|does|can) (?:you|people|someone|a person|it|x) (?:get|happen|start|"
             r"begin|occur|develop|arise)\b"),
        ),
    ),
    (
        Kind.DIAGNOSIS,
        (
            r"\bhow (?:is|are|can|should|might) .*\b(?:found|checked)\b",
        ),
    ),
    (
        Kind.OVERVIEW,
        (
            r"\bdo you have information about\b",
            r"^what (?:is|are|is \(are\)|does .* mean|was)\b",
            r"^what'?s\b",
            r"^what do (?:i|you) need to know\b",
            r"^what (?:should|must) (?:i|you|everyone) know\b",
            r"^how does .* affect\b",
        ),
    ),
)  # fmt: skip
