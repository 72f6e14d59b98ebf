"""A thread as one sequence of pieces: the recipient's profile, then message after message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from detector.model.careful.pieces import BEGINS, END, FIRST, Pieces
from detector.patterns.reading import Reading
from detector.patterns.sentences import Sentences

MARKS = ("first", "later", "reply")
"""What stands before a message: the sender's first, a later one, the owner's."""

OWNER = MARKS.index("reply")

LONGEST = 448  # pieces of a sequence; the encoder knows 512 places
_MESSAGES = 56  # of a thread, half from its beginning, half from its end
_PROFILE = 32  # pieces
_MESSAGE = 128  # pieces of a message, halved until the thread fits; half of it for the owner's
_LEAST = 8
_WORD = 40  # letters of a word with accents

Change = Callable[[Sequence[str], Pieces], list[tuple[int, ...]]]
"""Words to pieces, a tuple a word; training changes some words on their way."""


@dataclass
class Message:
    """One message: `mark` (index into MARKS), its `words` (lower case) and the `sentence` each stands in (-1 for none)."""

    row: int
    mark: int
    words: list[str]
    sentence: list[int]


@dataclass
class Passage:
    """A sequence of T pieces: their numbers `ids`; `message` 0 for the profile, then 1, 2, …; `sentence` the sentence of
    the batch, -1 for what stands in none. Each is (T,) int64."""

    ids: np.ndarray
    message: np.ndarray
    sentence: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def messages_of(reading: Reading, sentences: Sentences) -> list[list[Message]]:
    """The messages with words of each thread of a batch, those in the middle of a very long thread left out."""
    said, raw, normals = reading.said, reading.vocabulary.raw, reading.vocabulary.normals
    at = sentences.of_tokens(np.arange(len(said.ids))).tolist()
    form = {i: _lower(raw[i], normals[i]) for i in np.unique(said.ids).tolist()}
    words = [form[i] for i in said.ids.tolist()]
    starts, thread = said.starts.tolist(), reading.thread.tolist()
    mark = np.where(reading.owners, OWNER, np.minimum(reading.rank, 1)).tolist()
    found: list[list[Message]] = [[] for _ in reading.starts]
    for row in np.flatnonzero((said.counts > 0) & (reading.owners | reading.theirs)).tolist():
        a, b = starts[row], starts[row + 1]
        found[thread[row]].append(Message(row, mark[row], words[a:b], at[a:b]))
    half = _MESSAGES // 2
    return [m if len(m) <= _MESSAGES else [*m[:half], *m[-half:]] for m in found]


def _lower(raw: str, normal: str) -> str:
    """A word in lower case with its accents, which the encoder knows; other tokens in their normal form."""
    if raw.isascii() or not raw.isalpha() or len(raw) > _WORD:
        return normal
    return unicodedata.normalize("NFKC", raw).lower()


def profiles_of(reading: Reading) -> list[list[str]]:
    """The words of each thread's recipient: headline, then services."""
    words = [
        re.findall(r"\w+", unicodedata.normalize("NFKC", f"{headline} {services}").lower())[:_PROFILE]
        for _name, headline, services in reading.recipients
    ]
    return [words[who] for who in reading.who.tolist()]


def plainly(words: Sequence[str], pieces: Pieces) -> list[tuple[int, ...]]:
    """Each word's pieces, nothing changed."""
    return list(map(pieces.of, words))


def passage(messages: Sequence[Message], profile: Sequence[str], pieces: Pieces, change: Change = plainly) -> Passage:
    """A thread's sequence: `<s> profile </s>`, then `first: …`, `reply: …`, `later: …`; a full stop between sentences.

    Never longer than LONGEST: long messages lose their end first.
    """
    number = pieces.number
    stop, colon = number["."], number[":"]
    read: list[tuple[int, list[int], list[int]]] = []
    for message in messages:
        ids: list[int] = []
        of: list[int] = []
        last, before = None, ""
        for word, split, sentence in zip(message.words, change(message.words, pieces), message.sentence, strict=True):
            if last is not None and sentence != last and before not in "?!":
                ids.append(stop)
                of.append(last)
            ids.extend(split)
            of.extend([sentence] * len(split))
            last, before = sentence, word
        read.append((message.mark, ids, of))
    head = [number[FIRST], *pieces.of_all(profile)[:_PROFILE], number[END]]
    room = LONGEST - len(head)
    limit = _MESSAGE
    while limit > _LEAST and sum(2 + min(len(ids), _limit(limit, mark)) for mark, ids, _of in read) > room:
        limit //= 2
    flat, message_at, sentence_at = head, [0] * len(head), [-1] * len(head)
    for k, (mark, ids, of) in enumerate(read, 1):
        kept = _limit(limit, mark)
        size = 2 + min(len(ids), kept)
        flat += [number[BEGINS + MARKS[mark]], colon, *ids[:kept]]
        message_at += [k] * size
        sentence_at += [-1, -1, *of[:kept]]
    columns = (flat, message_at, sentence_at)
    return Passage(*(np.asarray(c[:LONGEST], dtype=np.int64) for c in columns))


def _limit(limit: int, mark: int) -> int:
    return limit // 2 if mark == OWNER else limit
