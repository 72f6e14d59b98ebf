"""Small mistakes in the words that a network learns from, so that it hangs on no spelling and no name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.model.careful.passage import Message
from detector.model.careful.pieces import Pieces

_GREETINGS = frozenset(
    [
        "hi",
        "hello",
        "dear",
        "hey",
        "hola",
        "bonjour",
        "hallo",
        "liebe",
        "lieber",
        "guten",
        "ola",
        "oi",
        "estimado",
        "estimada",
        "caro",
        "cara",
        "cher",
        "chere",
    ]
)


class Changer:
    """Makes small mistakes on the way to pieces, so that no reading hangs on a spelling or a name."""

    def __init__(self, names: Sequence[str], rng: np.random.Generator) -> None:
        self.names, self.rng = names, rng

    def __call__(self, words: Sequence[str], pieces: Pieces) -> list[tuple[int, ...]]:
        """3 words of 100 left out, 3 with a slip of the finger; a third of the names after a greeting exchanged."""
        rng, before = self.rng, ""
        out: list[tuple[int, ...]] = []
        for word, chance in zip(words, rng.random(len(words)).tolist(), strict=True):
            if chance < 0.03:
                out.append(())
            elif chance < 0.06 and len(word) > 3 and word.isalpha():
                out.append(pieces.split(slip(word, rng)))
            elif before in _GREETINGS and chance < 0.36 and word.isalpha():
                out.append(pieces.of(self.names[int(rng.integers(len(self.names)))]))
            else:
                out.append(pieces.of(word))
            before = word
        return out


def slip(word: str, rng: np.random.Generator) -> str:
    """A word with two letters exchanged, one lost, or one doubled."""
    k, kind = int(rng.integers(1, len(word) - 1)), int(rng.integers(3))
    middle = (word[k + 1] + word[k] + word[k + 2 :], word[k + 1 :], word[k] + word[k:])[kind]
    return word[:k] + middle


def names_in(messages: Sequence[Sequence[Message]]) -> list[str]:
    """Words after a greeting."""
    found = {
        b for thread in messages for m in thread for a, b in zip(m.words, m.words[1:], strict=False)
        if a in _GREETINGS and b.isalpha() and len(b) > 2
    }  # fmt: skip
    return sorted(found)
