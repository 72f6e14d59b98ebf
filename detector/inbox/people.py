"""Who is who: profile slugs and names as exports write them."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

HIDDEN_MEMBER = "linkedin member"
"""The name under which deleted and hidden members (and some campaigns) write."""

_USUAL = "https://www.linkedin.com/in/"
_PROFILE = re.compile(r"linkedin\.com/(?:mwlite/)?(?:in|pub|profile/view)/?([^/?#\s,]*)", re.IGNORECASE)
_PROFILE_URLS = re.compile(r"(?:https?://)?(?:[\w-]+\.)*linkedin\.com/in/[^,;\s]+", re.IGNORECASE)
_CREDENTIAL = re.compile(
    r"(?i)^(?:ph\.?\s?d|m\.?d|d\.?o|mba|m\.?b\.?a|cpa|cfa|pmp|esq|jr|sr|i{2,3}|iv|m\.?sc|b\.?sc|m\.?a|b\.?a|ba|"
    r"ll\.?[mb]|rn|bsn|msn|dds|dmd|p\.?e|p\.?eng|c\.?eng|mcips|cipd|assoc|fcca|acca|aca|fca|cism|cissp|shrm-\w+|"
    r"sphr|phr|csm|cspo|dr|prof|he/him|she/her|they/them|\w{2,6}®?|[A-Z][A-Za-z-]*[A-Z]\w*)\.?$"
)


@lru_cache(maxsize=65536)
def slug(url: str) -> str:
    """The comparable part of a profile URL: lower-cased, percent-decoded, no query, no slash.

    >>> slug("https://www.LinkedIn.com/in/Zo%C3%AB-Brandt/?trk=x")
    'zoë-brandt'
    >>> slug("  ")
    ''
    """
    url = url.strip()
    if not url:
        return ""
    found = _PROFILE.search(url)
    if found and found[1]:
        return unquote(found[1]).strip("/").lower()
    bare = re.sub(r"^https?://(?:www\.)?", "", url, flags=re.IGNORECASE)
    return unquote(re.split(r"[?#]", bare)[0]).strip("/").lower()


@lru_cache(maxsize=65536)
def slugs(urls: str) -> tuple[str, ...]:
    """All different slugs of a joined URL cell, split by shape (the joint is a comma or a space).

    >>> slugs("https://www.linkedin.com/in/a,https://www.linkedin.com/in/b/")
    ('a', 'b')
    """
    if not urls.strip():
        return ()
    if urls.startswith(_USUAL) and "," not in urls and ";" not in urls and len(urls.split()) == 1:
        return tuple(filter(None, [slug(urls)]))  # one address as LinkedIn writes it: the pattern would find it whole
    found = _PROFILE_URLS.findall(urls) or [part for part in re.split(r"[,;\s]+", urls) if part]
    return tuple(dict.fromkeys(s for s in map(slug, found) if s))


@lru_cache(maxsize=65536)
def name_key(name: str) -> str:
    """A name for comparing: case folded, spaces single.

    >>> name_key("  José  GARCÍA ")
    'josé garcía'
    """
    return " ".join(name.casefold().split())


@lru_cache(maxsize=65536)
def name_count(cell: str) -> int:
    """How many people a TO cell names; names themselves may hold ", " before a credential.

    >>> name_count("Jane Doe, Ph.D."), name_count("Jane Doe, Tom Roe"), name_count("")
    (1, 2, 0)
    """
    parts = [part.strip() for part in cell.split(", ") if part.strip()]
    return sum(1 for i, part in enumerate(parts) if i == 0 or not _CREDENTIAL.match(part))


def is_profile_url(text: str) -> bool:
    """Whether what the user typed for `--owner` is a profile address rather than a name.

    >>> is_profile_url("linkedin.com/in/jane"), is_profile_url("Jane Doe")
    (True, False)
    """
    return "linkedin.com/" in text.lower() or text.strip().lower().startswith(("http://", "https://"))
