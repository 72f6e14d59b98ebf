"""The mismatch: what is said against who receives it."""

from __future__ import annotations

import re
from functools import lru_cache

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
    Pattern(
        "mismatch.wrong-company",
        "Names a firm as yours that is not the one in your headline.",
        "Needs a headline that names a firm, and another put in so many words (“your work at …”) that shares no word "
        "with it. A former employer, a fair and a town are not meant.",
        catches=(
            "to: Ann Roe / Buyer at Northgate Mills\nm: I was impressed by your work at Zelphia Systems.",
            "to: Ann Roe / Buyer @ Northgate\nm: I see you are at Zelphia and would like to talk.",
            "to: Ann Roe / Buyer, Northgate Mills\nm: How does your company Zelphia handle returns?",
            "to: Ann Roe / Buyer at Northgate\nm: I love what Zelphia is doing and how your team grows.",
            "to: Eva Ruiz / Compradora en Molinos Duero\nm: Me interesa tu trabajo en Zelphia.",
            "to: Luc Petit / Acheteur chez Moulins Leroy\nm: J'ai vu que vous travaillez chez Zelphia.",
            "to: Ute Kern / Einkäuferin bei Nordmühle\nm: Ihre Arbeit bei Zelphia hat mich beeindruckt.",
            "to: Rui Melo / Comprador na Moinhos Rosa\nm: Vi que você trabalha na Zelphia.",
        ),
        leaves=(
            "to: Ann Roe / Buyer at Northgate Mills\nm: I was impressed by your work at Northgate.",
            "to: Ann Roe / Buyer\nm: I was impressed by your work at Zelphia Systems.",
            "to: Ann Roe / Groomer, Inverness\nm: I love what you are doing at Muddy Paws.",
            "to: Ann Roe / Buyer at Northgate\nm: I am at Zelphia. We met in your old job at Zelphia.",
            "to: Ann Roe / Buyer at Northgate\nm: Tell me if you are at Web Summit, and have you seen what Zelphia is doing?",
            "to: Ann Roe / Buyer at British Broadcasting Corporation\nm: I liked your work at BBC.",
            "to: Eva Ruiz / Compradora en Molinos Duero\nm: ¿Trabajas en Madrid?",
            "to: Luc Petit / Acheteur chez Moulins Leroy\nm: Je travaille chez Zelphia, et votre équipe chez Leroy ?",
            "to: Ute Kern / Einkäuferin bei Nordmühle\nm: Wie war Ihre Arbeit bei Kunden?",
            "to: Rui Melo / Comprador na Moinhos Rosa\nm: Eu trabalho na Zelphia.",
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

_FIRM = (
    r"(?:(?:the|der|den|dem|la|el) )?[\"“„«']?([A-ZÀ-ÖØ-Þ][\w&+-]+(?:[’'.][\w&+-]+)*"
    r"(?: (?:(?:of|de|du|del|da|do|and|&|und|et|y|e) )?[A-ZÀ-ÖØ-Þ][\w&+-]*(?:[’'.][\w&+-]+)*)*)"
)
_NO_LONGER = r"(?!(?:old|former|previous|last|first|past|next|antigu|anterior|ancien|précédent|frühere|ehemalige|alte))"
_YOUR_FIRM = re.compile(
    r"(?<!\w)(?:"
    rf"(?i:your {_NO_LONGER}(?:[\w-]+ )?(?:work|role|job|team|position|colleagues|leadership|career) (?:at|with)|"
    r"(?<!if )(?<!when )(?<!while )(?<!whether )(?<!once )you(?:[’']re| are)(?: (?:now|still|currently|working|employed))? at|"
    r"you work (?:at|for)|what you(?:[’']re| are| and your team are) (?:doing|building) (?:at|with)|"
    r"your (?:company|firm|employer|agency|startup|organi[sz]ation)|"
    rf"(?:tu|su|vuestro) {_NO_LONGER}(?:trabajo|puesto|cargo|rol|labor|función|equipo|papel)(?: de \w+)? en|"
    r"(?<!si )(?:trabajas|trabaja usted|trabajáis|estás trabajando) (?:en|para)|formas parte de|"
    r"lo que (?:haces|hacéis|hacen|estáis haciendo|están haciendo) en|(?:tu|su|vuestra) (?:empresa|compañía|agencia)|"
    rf"(?:votre|ton|ta) {_NO_LONGER}(?:travail|poste|rôle|équipe|fonction|parcours)(?: de \w+)? chez|"
    r"(?:vous (?:êtes|travaillez)|tu (?:es|travailles)|ce que (?:vous faites|tu fais)) chez|"
    r"(?:votre|ton|ta) (?:entreprise|société|agence|boîte)|"
    rf"(?:ihre?[rn]?|deine?[rn]?) {_NO_LONGER}(?:arbeit|tätigkeit|rolle|position|stelle|aufgabe|team) bei|"
    r"(?:sie (?:sind|arbeiten)|du (?:bist|arbeitest)|was (?:sie|ihr)|dass (?:sie|du)) bei|"
    rf"(?:seu|sua|teu|tua) {_NO_LONGER}(?:trabalho|cargo|função|equipe|equipa|papel|atuação)(?: de \w+)? (?:na|no|em)|"
    r"(?:você|vc) (?:trabalha|está|atua) (?:na|no)|(?:o )?que (?:vocês fazem|você faz) na|(?:sua|tua) (?:empresa|agência)"
    rf") {_FIRM}|(?i:what) {_FIRM}(?:[’']s| is| are| has been) (?:doing|building)\b)"
)
_YOUR_OWN = re.compile(r"(?i)\b(?:your (?:company|team|firm|growth|colleagues)|you guys|you all)\b")
_FIRM_BEFORE = re.compile(
    r"(?i)(?:^|\W)(?:at|with|for|en|para|chez|bei|na|no|em|de|what|company|firm|employer|agency|startup|organi[sz]ation|"
    r"empresa|compañía|agencia|entreprise|société|agence|boîte|agência)\Z"
)
_FIRM_FIRST = re.compile(r"[\"“„«']?[A-ZÀ-ÖØ-Þ]|(?:the|der|den|dem|la|el)\Z")
_HEADLINE_FIRM = re.compile(
    rf"(?:(?<!\w)(?:(?i:at|chez|bei|en|na|no) |@ ?)|(?:CEO|CTO|CFO|COO|VP|[Ff]ounder|President), ){_FIRM}"
)
_HEADLINE_COMMA = re.compile(rf", {_FIRM}")  # one word there is a town more often than a firm
_NO_FIRM = frozenset(  # towns, lands, subjects, titles and media, which stand where a firm might
    fold(word)[:5]
    for word in re.findall(
        r"\w+",
        "London Leeds Bristol Manchester Birmingham Liverpool Glasgow Edinburgh Dublin Cork Oxford Cambridge Paris Lyon Marseille "
        "Lille Nantes Bordeaux Toulouse Bruxelles Brussels Genève Zürich Wien Berlin Hamburg München Köln Frankfurt Stuttgart "
        "Kassel Leipzig Madrid Barcelona Valencia Sevilla Bilbao Vigo Málaga México Bogotá Lima Quito Buenos Santiago Lisboa "
        "Porto Braga Coimbra Brasil Rio Paulo Brasília Recife Salvador Curitiba York Boston Chicago Texas California Florida "
        "Toronto Sydney Melbourne Mumbai Delhi Lagos Nairobi UK US USA EU EMEA APAC DACH LATAM Europe Europa Spain España France "
        "Germany Deutschland Portugal Ireland Scotland Wales England India Canada Australia Switzerland Schweiz Österreich "
        "Argentina Chile Colombia Perú LinkedIn Instagram Facebook WhatsApp YouTube Excel English SEO AI IA IT HR RRHH B2B SaaS "
        "PhD MBA MD MSc BSc CPA CFA PMP RN Dr CEO CTO CFO COO Owner Founder Author Speaker Director Manager Engineer Consultant Coach "
        "Head Partner Sales Marketing Operations Finance Product Design Derecho Ventas Finanzas Administración Economía Psicología "
        "Comunicación Logística Salud Vendas Direito Kunden Patienten Projekten Unternehmen Firmen Ihnen Ihrer Ihrem Uns Euch Dir "
        "Summit Fair Conference Congress Messe Expo Festival Salon Feria Feira Congreso Congresso Home Page ISO GDPR GST VAT",
    )
)
_FORMS = frozenset(
    re.findall(
        r"\w+", "the of and de du del da do et und inc ltd llc plc gmbh ag kg se sa sl group compa grupo group firma"
    )
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
    _other_firm(finding, told)
    _sells(finding)


def _other_firm(finding: Finding, told: np.ndarray) -> None:
    """A firm named as the recipient's, where the headline names another."""
    reading = finding.reading
    pattern = finding.index("mismatch.wrong-company")
    named = np.array([_names_a_firm(headline) for _n, headline, _s in reading.recipients], dtype=bool)
    likely = finding.pieces.rows_at(finding.neighbours(_FIRM_BEFORE.search, _FIRM_FIRST.match))
    for row in np.flatnonzero(likely & told & named[reading.who[reading.thread]]).tolist():
        text = reading.texts[row]
        for found in _YOUR_FIRM.finditer(text):
            if found[1] is None and not _YOUR_OWN.search(text):
                continue  # what another firm does, and no word of the recipient's
            if _is_other(found[1] or found[2], " ".join(reading.recipients[reading.who[reading.thread[row]]])):
                finding.hits.add(pattern, row, *found.span())


@lru_cache(maxsize=50_000)
def _names_a_firm(headline: str) -> bool:
    """Whether a firm stands in it: a name behind “at” or a comma, no town, subject or title in it."""
    names = [found[1] for found in _HEADLINE_FIRM.finditer(headline)]
    names += [found[1] for found in _HEADLINE_COMMA.finditer(headline) if " " in found[1]]
    return any(_is_firm(name) for name in names)


def _is_firm(name: str) -> bool:
    words = _firm_words(name)
    return bool(words) and not words & _NO_FIRM


def _is_other(firm: str, known: str) -> bool:
    """Whether a firm shares no word, no run of letters and no initials with what is known of the recipient."""
    if not _is_firm(firm) or _firm_words(firm) & _firm_words(known):
        return False
    short, long = _letters(firm), _letters(known)
    initials = _letters("".join(word[0] for word in re.findall(r"[^\W\d_]+", known)))
    own = _letters("".join(word[0] for word in re.findall(r"[^\W\d_]+", firm)))
    return short not in long and short not in initials and (len(own) < 3 or own not in long)


def _firm_words(text: str) -> frozenset[str]:
    return frozenset(fold(w)[:5] for w in re.findall(r"[^\W_]{2,}", text)) - _FORMS


def _letters(text: str) -> str:
    return "".join(re.findall(r"[^\W_]", fold(text)))


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
