"""Words that are one slip of the keyboard away from a known one."""

from __future__ import annotations

from collections.abc import Sequence

LETTERS = range(5, 25)
"""How many letters a word has that is looked at: shorter ones have too many neighbours, longer ones are no words."""

_KEPT = 200_000  # words; more than a part has, so that memory stays bounded


class Mistyped:
    """Known words that are a letter more or less, or two letters exchanged, or one put in another's place, from an unknown one.

    Words that are so close have a form in common with one letter taken out, or are that form themselves (symmetric deletion;
    it finds a letter moved as well). Of several an exchange comes first, then a letter more or less.

    >>> found = Mistyped(["quest", "question"])
    >>> [found.of(word) for word in ("qeustion", "questin", "questjon", "questions", "quests", "quirk")]
    ['question', 'question', 'question', 'question', 'quest', None]
    """

    def __init__(self, known: Sequence[str]) -> None:
        self._of_form: dict[str, list[str]] = {}
        for word in known:
            if len(word) in LETTERS and word[0].isalpha():
                for form in _forms(word):
                    self._of_form.setdefault(form, []).append(word)
        self._found: dict[str, str | None] = {}

    def of(self, word: str) -> str | None:
        """The known word that an unknown normal form may be a slip of, if there is one; kept for the next time."""
        if len(word) not in LETTERS:
            return None
        if word not in self._found:
            if len(self._found) > _KEPT:
                self._found.clear()
            self._found[word] = self._nearest(word)
        return self._found[word]

    def _nearest(self, word: str) -> str | None:
        get = self._of_form.get
        found = {near for form in _forms(word) if (words := get(form)) for near in words}
        if not found:
            return None
        letters = sorted(word)
        return min(found, key=lambda near: (sorted(near) != letters, len(near) == len(word), near))


def _forms(word: str) -> list[str]:
    """A word, and what is left of it without any one of its letters, each once."""
    return [
        word,
        *(word[:i] + word[i + 1 :] for i in range(len(word)) if i == 0 or word[i] != word[i - 1]),
    ]
