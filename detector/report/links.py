"""Addresses on LinkedIn, built from an id or a slug alone: whatever else an address held is left behind."""

from __future__ import annotations

import re
from urllib.parse import quote

from detector.inbox.people import slug

_PROFILE = re.compile(r"^(?:https?://)?(?:[\w-]+\.)*linkedin\.com/(?:mwlite/)?in/", re.IGNORECASE)
_CONVERSATION = re.compile(r"2-[\w+/=-]{1,200}", re.ASCII)


def profile_slug(url: str) -> str:
    """The slug of a LinkedIn profile address, empty for any other address.

    >>> profile_slug("https://www.linkedin.com/in/Jane-Doe/?trk=x"), profile_slug("https://evil.example/in/x")
    ('jane-doe', '')
    """
    found = slug(url) if _PROFILE.match(url.strip()) else ""
    return "" if found.strip(".") == "" else found  # dots alone would climb out of /in/


def profile_link(url: str) -> str:
    """The plain address of a profile, empty where there is none.

    >>> profile_link("http://linkedin.com/in/zo%C3%AB?x=javascript:alert(1)")
    'https://www.linkedin.com/in/zo%C3%AB/'
    """
    found = profile_slug(url)
    return f"https://www.linkedin.com/in/{quote(found.encode('utf-8', 'replace'), safe='')}/" if found else ""


def conversation_link(thread_id: str) -> str:
    """The plain address of a conversation, empty for a thread without a conversation id of LinkedIn's.

    >>> conversation_link("2-YWJj=="), conversation_link("pair:12ab")
    ('https://www.linkedin.com/messaging/thread/2-YWJj==/', '')
    """
    if not _CONVERSATION.fullmatch(thread_id):
        return ""
    return f"https://www.linkedin.com/messaging/thread/{quote(thread_id, safe='=')}/"
