"""Training the sentence model: roles read from the corpus, the matrix of sentences, the fit in two looks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from detector.errors import InputError
from detector.model.foreign import PieceWeights
from detector.model.roles import (
    CONTEXT,
    PLACE,
    ROLES,
    R,
    RoleWeights,
    context,
    place_features,
    sentence_patterns,
    softmax,
)
from detector.model.text import TextSpace, grams
from detector.patterns import Searched
from detector.patterns.sentences import Sentences
from detector.training.matrix import Foreign, foreign_in

ROLE_FILE = "sentence-roles.tsv"
"""Beside the corpus' CSV files."""

LETTERS = "SAHTPNC"
"""One letter a role in the file, in the order of `ROLES`."""

SCALES = {"patterns": 0.5, "place": 0.3}
C_FIRST, C_SECOND = 1.0, 1.0
_ROUNDS = 300  # more than it takes, some 105 on the corpus


def read_roles(path: str | Path) -> dict[str, dict[int, list[tuple[int, int]]]]:
    """Roles of a tab-separated file: thread id -> message number -> (start in code points, role index).

    A line holds `thread_id` and messages such as `1:0C,17P 3:0A`. Raises InputError for what does not read so.
    """
    found: dict[str, dict[int, list[tuple[int, int]]]] = {}
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines()[1:], 2):
        thread, _, rest = line.partition("\t")
        try:
            found[thread] = {
                int(message): [(int(s[:-1]), LETTERS.index(s[-1])) for s in places.split(",")]
                for message, _, places in (part.partition(":") for part in rest.split())
            }
        except ValueError:
            raise InputError(str(path), f"line {number} is no list of roles", "write `1:0C,17P`") from None
    return found


def sentence_roles(threads: pd.DataFrame, searched: Searched, sentences: Sentences, roles: dict) -> np.ndarray:
    """(m,) role index of each sentence, -1 where none is known: the role marked over most of its characters."""
    reading = searched.reading
    marked: dict[int, list[tuple[int, int]]] = {}
    for start, size, thread in zip(reading.starts.tolist(), reading.sizes.tolist(), threads["thread_id"], strict=True):
        for message, places in roles.get(thread, {}).items():
            if message <= size:
                marked[start + message - 1] = places
    found = np.full(len(sentences), -1, dtype=np.int64)
    for i, row in enumerate(sentences.row.tolist()):
        if row in marked:
            a, b = sentences.spans(reading, i)
            places = marked[row]
            ends = [*(s for s, _r in places[1:]), len(reading.texts[row])]
            overlap = [min(b, e) - max(a, s) for (s, _r), e in zip(places, ends, strict=True)]
            found[i] = places[int(np.argmax(overlap))][1]
    return found


def sentence_matrix(searched: Searched, sentences: Sentences, space: TextSpace, patterns: Sequence[str]) -> Any:
    """(m, words + pairs + grams + patterns + place) features of sentences, as `model.roles` scores them."""
    reading, m = searched.reading, len(sentences)
    normals, ids = reading.vocabulary.normals, reading.said.ids
    at = sentences.of_tokens(np.arange(len(ids)))
    word_of = np.array([space.word_index.get(w, -1) for w in normals], dtype=np.int64)
    word = word_of[ids]
    ok = (at >= 0) & (word >= 0)
    words = sparse.csr_matrix((np.ones(ok.sum()), (at[ok], word[ok])), (m, len(space.words)))
    places, pair = space.pair_numbers(reading, word_of)
    both = (at[places] >= 0) & (at[places] == at[np.minimum(places + 1, len(at) - 1)])
    pairs = sparse.csr_matrix((np.ones(both.sum()), (at[places[both]], pair[both])), (m, len(space.pairs)))
    inside = at >= 0
    row, column = [], []
    for i in np.unique(ids[inside]).tolist():
        known = [space.gram_index[g] for g in grams(normals[i]) if g in space.gram_index]
        row += [i] * len(known)
        column += known
    spelled = sparse.csr_matrix((np.ones(len(row)), (row, column)), (len(normals), len(space.grams)))
    tokens = sparse.csr_matrix((np.ones(inside.sum()), (at[inside], ids[inside])), (m, len(normals)))
    text = _normed(sparse.hstack([words, pairs]).tocsr(), np.concatenate([space.word_idf, space.pair_idf]))
    # the norm of a word is that of its own n-grams, however often the word stands there
    letters = (tokens @ spelled).tocsr()
    norm = tokens @ np.asarray(spelled @ (space.gram_idf**2)).ravel()
    letters = sparse.diags(_inverse_root(norm)) @ letters @ sparse.diags(space.gram_idf)
    sentence, pattern = sentence_patterns(searched, sentences, {p: i for i, p in enumerate(patterns)})
    hits = sparse.csr_matrix((np.ones(len(sentence)), (sentence, pattern)), (m, len(patterns)))
    place = sparse.csr_matrix(place_features(sentences, reading))
    return sparse.hstack([text, letters, hits * SCALES["patterns"], place * SCALES["place"]]).tocsr().astype(np.float32)


def _normed(counts: Any, idf: np.ndarray) -> Any:
    return sparse.diags(_inverse_root(counts @ (idf**2))) @ counts @ sparse.diags(idf)


def _inverse_root(norm: np.ndarray) -> np.ndarray:
    return np.where(norm > 0, 1 / np.sqrt(np.maximum(norm, 1e-12)), 0.0)


def fit_first(matrix: Any, roles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression on sentences with known roles: ((R, width), (R,))."""
    return _fit(matrix, roles, C_FIRST, "lbfgs", _ROUNDS)


def fit_second(around: np.ndarray, roles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same on what stands around each sentence: ((R, len(CONTEXT) * R), (R,))."""
    return _fit(around, roles, C_SECOND, "newton-cholesky", 30)


def _fit(x: Any, roles: np.ndarray, c: float, solver: str, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    present = np.unique(roles)
    coefficients, bias = np.zeros((R, x.shape[1])), np.full(R, -20.0)  # a role never seen is never given
    if len(present) < 2:
        bias[present] = 0.0
        return coefficients, bias
    model = LogisticRegression(C=c, solver=solver, max_iter=rounds, tol=1e-3).fit(x, roles)
    if len(present) == 2:
        coefficients[present[1]], bias[present] = model.coef_[0], (0.0, model.intercept_[0])
    else:
        coefficients[present], bias[present] = model.coef_, model.intercept_
    return coefficients, bias


def first_probabilities(matrix: Any, fitted: tuple[np.ndarray, np.ndarray], others: np.ndarray | float) -> np.ndarray:
    """(m, R) probabilities of the first look; `others`: (m, R) what words add that the text space does not know."""
    return softmax(np.asarray(matrix @ fitted[0].T) + fitted[1] + others)


def foreign_in_sentences(searched: Searched, sentences: Sentences, space: TextSpace) -> Foreign:
    """The words of each sentence that the text space does not know, as `model.roles` scores them."""
    of_token = sentences.of_tokens(np.arange(len(searched.reading.said.ids)))
    return foreign_in(searched, space, of_token, len(sentences))


def second_probabilities(
    q: np.ndarray, sentences: Sentences, searched: Searched, fitted: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """(m, R) probabilities of the second look."""
    return softmax(context(q, sentences, searched.reading) @ fitted[0].T + fitted[1])


def to_role_weights(
    first: tuple[np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray],
    space: TextSpace,
    patterns: Sequence[str],
    foreign: PieceWeights,
) -> RoleWeights:
    """The coefficients of both looks as `model.roles` uses them."""
    bounds = np.cumsum([0, len(space.words), len(space.pairs), len(space.grams), len(patterns), len(PLACE)])
    words, pairs, letters, hits, place = (first[0][:, a:b].T for a, b in pairwise(bounds))
    return RoleWeights(
        words,
        pairs,
        letters,
        hits * SCALES["patterns"],
        place * SCALES["place"],
        first[1],
        second[0].T,
        second[1],
        foreign,
    )


def no_roles(space: TextSpace, patterns: Sequence[str]) -> RoleWeights:
    """Weights of a sentence model that has learned nothing: every role as likely as the other."""
    sizes = (len(space.words), len(space.pairs), len(space.grams), len(patterns), len(PLACE))
    words, pairs, letters, hits, place = (np.zeros((n, R)) for n in sizes)
    return RoleWeights(
        words,
        pairs,
        letters,
        hits,
        place,
        np.zeros(R),
        np.zeros((len(CONTEXT) * R, R)),
        np.zeros(R),
        PieceWeights.none(R),
    )


assert len(LETTERS) == len(ROLES)
