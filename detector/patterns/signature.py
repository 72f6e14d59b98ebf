"""What stands under a message: names, firms, towns, streets, telephone numbers, wishes. It says nothing of the matter.

Whoever signs with an address has done no homework by it, so the model does not read these lines. Patterns do: a
link or a price keeps its meaning wherever it stands.
"""

from __future__ import annotations

import re

import numpy as np

from detector.patterns.spelling import EMOJI, MAIL, NUMBER, normal
from detector.patterns.tokens import Tokens, Vocabulary

_LONGEST = 8
"""Tokens of a line that can be one of a signature."""

_MOST = 7
"""Lines of a signature; more of them are a list of something."""

_JOINS = frozenset(
    re.findall(
        r"\w+",
        "of and at for in by de der des du del la le los las y e et und van von da do dos bei chez en",
    )
)
_WISHES = frozenset(
    re.findall(
        r"\w+",
        "best regards kind kindest warm warmest wishes sincerely yours truly faithfully respectfully cheers thanks "
        "with many saludos un abrazo cordial cordiales saludo atentamente cordialement bien amicalement vous bonne "
        "journee mit freundlichen freundliche grussen grusse gruss viele liebe herzliche beste schone "
        "atenciosamente abracos abraco att cumprimentos com os melhores cordiais",
    )
)
_OTHER, _NAME, _SHORT, _JOIN, _MARK = range(5)


def _kind(raw: str) -> int:
    form = normal(raw)
    if form in (NUMBER, "<num>k", MAIL) or form in _WISHES:
        return _NAME
    if raw[0].isupper() and raw.isalpha():
        # a word all in capitals may stand in a text all in capitals
        return _NAME if not raw.isupper() else _SHORT if len(raw) <= 3 else _OTHER
    if not any(c.isalnum() for c in raw):
        return _MARK
    return _JOIN if raw in _JOINS else _OTHER


def _is_emoji(form: str) -> int:
    return form == EMOJI


def spoken(tokens: Tokens, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """What a message says: (tokens,) flags, False for emoji and signatures; (messages,) token where the signature begins.

    A signature is a run of short sentences or lines at the end, each of names, numbers and wishes alone, behind at
    least one that is not. Without one its beginning is the message's end.

    >>> v = Vocabulary()
    >>> read = v.read(["I sell maps. Call?\\n\\nBest regards,\\nSam Carter\\n4 Harbour Street\\n+44 20 7946 0958", "Hi Ann 😊"])
    >>> flags, begins = spoken(read, v)
    >>> [v.raw[i] for i, said in zip(read.ids, flags) if said], begins.tolist()
    (['I', 'sell', 'maps', 'Call', '?', 'Hi', 'Ann'], [5, 19])
    """
    ids = tokens.ids
    emoji = vocabulary.token_numbers(_is_emoji)[ids] > 0
    begins = tokens.starts[1:].copy()
    if not len(ids):
        return ~emoji, begins
    kind = vocabulary.raw_numbers(_kind)[ids]
    first = tokens.cuts
    size = np.diff(np.append(first, len(ids)))
    plain = np.add.reduceat((((kind == _OTHER) | (kind == _MARK)) & ~emoji).astype(np.int32), first) > 0
    named = np.add.reduceat((kind == _NAME).astype(np.int32), first) > 0
    marks_alone = np.add.reduceat((kind != _MARK).astype(np.int32), first) == 0
    quiet = (~plain & named & (size <= _LONGEST)) | marks_alone
    row = tokens.rows[first]
    # the last sentence of each message that says something, and how many stand behind it
    number = np.arange(len(first))
    last = np.full(len(tokens.starts) - 1, -1, dtype=np.int64)
    last[row[~quiet]] = number[~quiet]
    behind = np.bincount(row, minlength=len(last)) + np.searchsorted(row, np.arange(len(last))) - 1 - last
    signed = (last >= 0) & (behind > 0) & (behind <= _MOST)
    begins[signed] = first[last[signed] + 1]
    flags = ~emoji & (np.arange(len(ids)) < begins[tokens.rows])
    return flags, begins
