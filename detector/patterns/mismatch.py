"""The mismatch: what is said against who receives it."""

from __future__ import annotations

import re

import numpy as np

from detector.patterns.finding import Finding
from detector.patterns.record import Pattern
from detector.patterns.tokens import fold

PATTERNS = (
    Pattern(
        "mismatch.sells-what-you-offer",
        "Offers you the very service that you sell.",
        "Somebody who asks you for that service is not meant: the message must pitch.",
        catches=(
            "to: Ann Roe / SEO consultant / services: SEO\nm: We help firms rank on Google with our SEO packages.",
        ),
        leaves=(
            "to: Ann Roe / Baker\nm: We help firms rank on Google with our SEO packages.",
            "to: Ann Roe / SEO consultant / services: SEO\nm: My shop lost its traffic in May, what do you charge for an SEO check?",
        ),
    ),
    Pattern(
        "mismatch.asks-what-your-profile-answers",
        "Asks what your profile already says.",
        "A question about one service, price or date is not meant.",
        catches=(
            "to: Ann Roe / SEO consultant\nm: What services do you offer?",
            "to: Eva Ruiz / Abogada\nm: ¿A qué te dedicas?",
            "to: Luc Petit / Avocat\nm: Que faites-vous dans la vie ?",
            "to: Ute Kern / Anwältin\nm: Was machen Sie beruflich?",
            "to: Rui Melo / Advogado\nm: Com o que você trabalha?",
        ),
        leaves=("to: Ann Roe / SEO consultant\nm: What do you charge for an SEO check?",),
    ),
    Pattern(
        "mismatch.wrong-profession",
        "Takes you for somebody of another trade.",
        "Needs a known headline, and a trade put in so many words (“as a dentist”) that shares no word with it.",
        catches=(
            "to: Ann Roe / Hospital chaplain\nm: As a dental practice owner, you know how hard it is to fill chairs.",
        ),
        leaves=(
            "to: Ann Roe / Dentist, owner of Roe Dental\nm: As a dentist you know the drill.",
            "m: As a friend, I tell you.",
        ),
    ),
)

_ASKS = re.compile(
    r"(?i)\b(?:what (?:exactly )?(?:do you do|is it (?:that )?you do|services (?:do|does) you|kind of services|line of work are you|"
    r"business are you in)|which services do you|tell me (?:more )?about (?:yourself|what you do|your business|your company)|"
    r"[aá] qu[eé] (?:te dedicas|se dedica|os dedic)|qu[eé] servicios ofrece|que faites[- ]vous|dans quel domaine|"
    r"quels services propos|was machen sie (?:beruflich|genau)|was machst du (?:beruflich|so|genau)|in welcher branche|"
    r"welche dienstleistungen|com o que (?:você|voce|vc) trabalha|o que (?:você|voce|vc) faz|que servi[çc]os oferec|"
    r"qual (?:é|e) (?:o seu|a sua) (?:ramo|área|area|atividade))\b[^.?!\n]{0,60}"
)
_TRADE = (
    r"(?:owner|manager|director|founder|developer|engineer|"
    r"dentist|lawyer|attorney|agent|broker|coach|consultant|recruiter|teacher|doctor|surgeon|nurse|architect|contractor|accountant|"
    r"photographer|designer|chef|farmer|trader|pilot|therapist|vet|pharmacist|plumber|electrician|realtor|dueñ[oa]|abogad[oa]|"
    r"médic[oa]|dentista|ingenier[oa]|contador|agente|avocat|médecin|dentiste|architecte|notaire|comptable|courtier|Anwalt|Arzt|"
    r"Zahnarzt|Architekt|Steuerberater|Makler|Ingenieur|advogad[oa]|corretor|contador[a]?|engenheir[oa])"
)
_AS_A = re.compile(rf"(?i)\b(?:as an? |as the |como |en tant que |als |fellow )((?:[\w-]+ ){{0,2}}{_TRADE})\b")
# what pieces of text hold where one of these can begin: the expressions themselves are tried there only
_ASK_FIRST = re.compile(r"(?i)\b(?:what|which|tell|[aá]|qu[eé]|dans|quels|was|in|welche|com|o|qual)\Z")
_ASK_NEXT = re.compile(
    r"(?i)(?:exactly|do|is|services|kind|line|business|me|qu[eé]|servicios|faites|quel|propos|machen|machst|welcher|"
    r"dienstleistungen|o|servi[çc]os|é|e)"
)
_TRADE_FIRST = re.compile(rf"(?i){_TRADE}\b")
_AS_LAST = re.compile(r"(?i)(?:^an?|^the|^que|\bcomo|\bals|\bfellow)\Z")
_VAGUE = frozenset(
    [
        "owner",
        "manager",
        "director",
        "founder",
        "business",
        "company",
        "a",
        "an",
        "the",
        "of",
        "and",
        "practice",
        "small",
        "senior",
        "busy",
    ]
)


def find(finding: Finding) -> None:
    """Against headline and services; nothing is said where neither is known."""
    reading = finding.reading
    known = np.array([bool(headline or services) for _n, headline, services in reading.recipients], dtype=bool)
    told = reading.theirs & known[reading.who[reading.thread]]
    asks, wrong = finding.index("mismatch.asks-what-your-profile-answers"), finding.index("mismatch.wrong-profession")
    stems = [_stems(f"{headline} {services}") for _n, headline, services in reading.recipients]
    may_ask = finding.pieces.rows_at(finding.neighbours(_ASK_FIRST.search, _ASK_NEXT.match)) & told
    for row in np.flatnonzero(may_ask).tolist():
        text = reading.texts[row]
        if "?" in text or "tell me" in text.lower():
            for found in _ASKS.finditer(text):
                finding.hits.add(asks, row, *found.span())
    for row in np.flatnonzero(_may_name_a_trade(finding) & told).tolist():
        for found in _AS_A.finditer(reading.texts[row]):
            named = _stems(found[1]) - _VAGUE
            if named and not named & stems[reading.who[reading.thread[row]]]:
                finding.hits.add(wrong, row, *found.span())
    _sells(finding)


def _may_name_a_trade(finding: Finding) -> np.ndarray:
    """A flag a message: whether a trade follows “as a” at a distance of two words at most."""
    pieces = finding.pieces
    trade = np.flatnonzero(finding.piece_flags(_TRADE_FIRST.match)[pieces.numbers])
    before = finding.piece_flags(_AS_LAST.search)
    near = np.zeros(len(trade), dtype=bool)
    for distance in (1, 2, 3):  # what is of another message does no harm: the expression decides
        near |= before[pieces.numbers[np.maximum(trade - distance, 0)]]
    return pieces.rows_at(trade[near])


def _stems(text: str) -> frozenset[str]:
    """Words cut to five letters, so that dentist and dental meet."""
    return frozenset(fold(w)[:5] for w in re.findall(r"[^\W\d_]{3,}", text))


def _sells(finding: Finding) -> None:
    """A kind of service named in a pitching message that is among the recipient's own."""
    reading = finding.reading
    pattern = finding.index("mismatch.sells-what-you-offer")
    pitching = np.zeros(len(reading), dtype=bool)
    offers = [i for i, p in enumerate(finding.patterns) if p.id in _OFFERING]
    pitching[finding.hits.rows_of(offers)] = True
    named = finding.services
    own = finding.own_kinds[reading.who[reading.thread[named.row]], named.pattern]
    named = named.take(own & pitching[named.row] & reading.theirs[named.row])
    finding.hits.extend(pattern, named.row, named.first, named.end, in_tokens=True)


_OFFERING = frozenset(
    [
        "pitch.offer",
        "pitch.results-promised",
        "pitch.price",
        "pitch.free-bait",
        "pitch.product-launch",
        "pitch.social-proof",
        "pitch.pain-point",
    ]
)
