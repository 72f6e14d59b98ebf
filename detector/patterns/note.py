"""The note: no note, one word, a merge that failed, a wrong name. Phrases for the rest: data/note.toml."""

from __future__ import annotations

import re

import numpy as np

from detector.patterns.finding import Finding
from detector.patterns.record import Pattern
from detector.patterns.tokens import fold

PATTERNS = (
    Pattern(
        "note.none",
        "The invitation came without a word, and nothing has been said since.",
        "People who know you often send none; alone it says little more than that there is nothing to answer.",
        catches=("i:",),
        leaves=("i: Hi Ann, we met at the Leeds fair.", "m: Hello there, how is the new shop?"),
        missing=True,
    ),
    Pattern(
        "note.one-word",
        "The first message is a greeting or a word or two.",
        "A short answer within a talk is not meant, only the first message.",
        catches=("m: Hello", "m: Hi sir", "m: Hola!", "m: Bonjour", "m: Hallo", "m: Olá"),
        leaves=("m: The key is with Maureen", "o: Did it arrive?\nm: Yes"),
    ),
    Pattern(
        "note.merge-failure",
        "A form letter's gap was left unfilled.",
        "Square or curly brackets that a person uses for an aside are left alone.",
        catches=(
            "m: Hi {firstName}, I saw your profile",
            "m: Dear [Name], greetings from our team",
            "m: Hi , hope you are well",
            "m: Hola {{nombre}}, vi tu perfil",
            "m: Bonjour %PRENOM%, votre parcours m'intéresse",
            "m: Hallo [Vorname], schönes Profil",
            "m: Olá <<nome>>, tudo bem?",
        ),
        leaves=("m: Hi Ann, see the list [attached] below", "m: We use {curly} braces in the config, why did you not?"),
    ),
    Pattern(
        "note.wrong-name",
        "The greeting names somebody else.",
        "Short forms, family names and titles of the recipient are left alone; so are greetings without a name.",
        catches=("to: Maria Lopez\nm: Hi Steven, I loved your post", "to: Jean Petit\nm: Bonjour Sylvie, votre profil"),
        leaves=(
            "to: Robert Hale\nm: Hi Bob, how did it go?",
            "to: Maria Lopez\nm: Hi there, how are you?",
            "to: Jean-Pierre Petit\nm: Bonjour Monsieur Petit, merci",
        ),
    ),
)

_MERGE = re.compile(
    r"(?i)[{\[<%]{1,2}\s?(?:(?:first|last|full|sur|fore|user|company|contact|recipient|your|client|lead)?[ _-]?"
    r"(?:name|title|company|industry|position|city|jobtitle|job title|headline|school)|fname|lname|nombre|apellido|empresa|"
    r"pr[eé]nom|nom|entreprise|soci[eé]t[eé]|vorname|nachname|firma|nome|sobrenome|nome da empresa)\s?[}\]>%]{1,2}"
)
_EMPTY_NAME = re.compile(
    r"(?i)^\s*(?:hi|hello|hey|dear|hola|estimad[oa]|bonjour|cher|chère|hallo|liebe[rs]?|olá|oi|prezad[oa]|ciao)\s+[,!]\s"
)
_BRACKET = re.compile(r"[{\[<%]")
_LONE_MARK = re.compile(r"(?:^|\s)[,!]")
_NOT_NAMES = frozenset(
    fold(w)
    for w in [
        "there",
        "all",
        "everyone",
        "team",
        "sir",
        "madam",
        "maam",
        "friend",
        "friends",
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "professor",
        "doctor",
        "colleague",
        "sirs",
        "guys",
        "folks",
        "connection",
        "again",
        "and",
        "from",
        "i",
        "im",
        "we",
        "thank",
        "thanks",
        "hope",
        "hoping",
        "nice",
        "just",
        "my",
        "this",
        "it",
        "dear",
        "mate",
        "buddy",
        "man",
        "sr",
        "sra",
        "srta",
        "senor",
        "senora",
        "don",
        "dona",
        "doctora",
        "profesor",
        "amigo",
        "amiga",
        "equipo",
        "a",
        "todos",
        "que",
        "como",
        "soy",
        "gracias",
        "me",
        "te",
        "le",
        "un",
        "una",
        "monsieur",
        "madame",
        "mademoiselle",
        "maitre",
        "docteur",
        "cher",
        "chere",
        "collegue",
        "a",
        "tous",
        "toute",
        "je",
        "nous",
        "merci",
        "et",
        "herr",
        "frau",
        "kollege",
        "kollegin",
        "zusammen",
        "liebe",
        "lieber",
        "und",
        "ich",
        "wir",
        "danke",
        "vielen",
        "tudo",
        "tudo",
        "bem",
        "pessoal",
        "doutor",
        "doutora",
        "senhor",
        "senhora",
        "prof",
        "amigos",
        "equipe",
        "bom",
        "boa",
        "dia",
        "tarde",
        "noite",
        "signor",
        "signora",
        "dottore",
        "gentile",
        "linkedin",
        "sehr",
        "greetings",
        "hello",
        "hi",
        "hey",
        "happy",
        "congratulations",
        "congrats",
        "to",
        "on",
        "in",
        "your",
        "you",
        "the",
    ]
)
_SHORT_FORMS = (
    "robert bob rob bobby", "william bill will billy liam", "richard rick dick ricky rich", "elizabeth liz beth betty lisa eliza",
    "margaret maggie meg peggy greta", "katherine catherine kate kathy katie cathy kat", "james jim jimmy jamie", "john jack johnny jon",
    "thomas tom tommy", "michael mike mick micky", "edward ed eddie ted ned", "alexander alex sasha xander sandy alexandra",
    "anthony tony", "charles charlie chuck", "christopher chris kit", "daniel dan danny", "david dave davey", "deborah debbie deb",
    "dorothy dot dottie", "francis frank fran", "gregory greg", "henry harry hank", "jennifer jen jenny", "joseph joe joey jose pepe",
    "josephine jo josie", "lawrence larry laurence", "matthew matt", "nicholas nick nicky", "patricia pat patty tricia", "patrick pat paddy",
    "peter pete", "rebecca becky bec", "samuel sam samantha sammy", "stephen steven steve", "susan sue susie suzanne", "theodore ted theo",
    "timothy tim", "victoria vicky tori", "francisco paco pancho", "ignacio nacho", "jesus chuy", "guadalupe lupe", "dolores lola",
    "johannes hannes hans", "friedrich fritz", "josef sepp", "giuseppe beppe", "antonio toni tonio",
)  # fmt: skip
_GROUPS = {name: i for i, line in enumerate(_SHORT_FORMS) for name in line.split()}


def find(finding: Finding) -> None:
    """Look at the first message of every thread (and at every message for gaps left unfilled)."""
    reading = finding.reading
    _none(finding)
    counts = reading.tokens.counts
    one_word = finding.index("note.one-word")
    first = reading.rank == 0
    alone = first & (reading.replies_before == 0) & (counts <= 2) & (counts > 0)
    for row in np.flatnonzero(alone).tolist():
        finding.hits.add(one_word, row, 0, int(counts[row]), in_tokens=True)
    _merge_failures(finding)
    _wrong_names(finding)


def _none(finding: Finding) -> None:
    reading = finding.reading
    none = finding.index("note.none")
    heads = reading.starts
    empty = (reading.kind[heads] == 0) & reading.received[heads] & ~reading.filled[heads]
    for row in heads[empty].tolist():
        finding.hits.add(none, row)


def _merge_failures(finding: Finding) -> None:
    reading = finding.reading
    pattern = finding.index("note.merge-failure")
    gaps = finding.pieces.rows_with(finding.piece_flags(_BRACKET.search)) & reading.theirs
    for row in np.flatnonzero(gaps).tolist():
        for gap in _MERGE.finditer(reading.texts[row]):
            finding.hits.add(pattern, row, *gap.span())
    marks = finding.pieces.rows_with(finding.piece_flags(_LONE_MARK.search)) & reading.theirs
    for row in np.flatnonzero(marks).tolist():
        if found := _EMPTY_NAME.match(reading.texts[row][:40]):
            finding.hits.add(pattern, row, found.start(), found.end() - 1)


def _wrong_names(finding: Finding) -> None:
    """A greeting at the head of the sender's first message, against the recipient's name."""
    reading = finding.reading
    pattern = finding.index("note.wrong-name")
    parts = [frozenset(fold(p) for p in re.findall(r"[^\W\d_]+", name)) for name, _h, _s in reading.recipients]
    rows = np.flatnonzero((reading.rank == 0) & finding.greets)
    for row in rows.tolist():
        mine = parts[reading.who[reading.thread[row]]]
        if not mine:
            continue
        found = finding.greeting(row)
        if (
            found
            and not any(_fits(fold(word.rstrip(".")), mine) for word in found.groups() if word)
            and _is_name(found[1])
        ):
            finding.hits.add(pattern, row, found.start(1), found.end(1))


def _is_name(word: str) -> bool:
    return word[:1].isupper() and fold(word.rstrip(".")) not in _NOT_NAMES and not word.isupper()


def _fits(word: str, mine: frozenset[str]) -> bool:
    """Whether a greeted word can be the recipient: equal, a short form, or sharing its beginning."""
    if word in _NOT_NAMES:
        return True
    for part in (p for w in [word] for p in re.split(r"[-'’.]", w) if p):
        for name in mine:
            if part == name or (len(part) > 2 and (name.startswith(part[:3]) or part.startswith(name))):
                return True
            if part in _GROUPS and _GROUPS[part] == _GROUPS.get(name):
                return True
            if len(name) == 1 and part.startswith(name):
                return True
    return False
