"""Sentences and what they do: spans that slice, probabilities that are some, the same alone and in a batch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.model.decision import label_indices, probabilities
from detector.model.detector import Detector
from detector.model.explain import explain
from detector.model.roles import R
from detector.patterns.reading import Reading
from detector.patterns.sentences import Sentences
from detector.patterns.tokens import Vocabulary, normal
from detector.threads import group, messages_table

# what people write, what cuts sentences, and what looks as if it did
PIECES = [
    "Hi Ann", "We sell maps to firms like yours", "Dr. Hale said so", "at 3.5 % p.a.", "https://example.com/a?b=c.",
    "Können wir reden", "¿Tienes 15 minutos", "é", "I.B.M.", "Best, Tom", "U.S. maps", "😊", "👩‍👩‍👧", "\u200b", "ﬁne",
    ".", "!", "?!", "...", "…", "\n", "\n\n", " ", "  ", "\t", ",", "-", "–", "(", ")", "•", "$400", "x@y.org",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(max_size=40),
)
MESSAGES = st.lists(st.tuples(st.sampled_from(["received", "sent"]), TEXTS), min_size=1, max_size=4)
BATCHES = st.lists(MESSAGES, min_size=1, max_size=4)

Batch = list[list[tuple[str, str]]]

VOCABULARY = Vocabulary()  # one for all, as in a long run


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load("shipped")


def threads_of(batch: Batch) -> pd.DataFrame:
    """A threads table; a thread without a word of the sender gets one."""
    rows = [
        (f"t{i}", direction, text)
        for i, thread in enumerate(batch)
        for direction, text in [*thread, ("received", "Hi")]
    ]
    return group(messages_table(rows, recipient="Ann Lee", recipient_headline="Maps")).threads


def read(batch: Batch) -> tuple[Reading, Sentences]:
    reading = Reading.of(threads_of(batch), VOCABULARY)
    return reading, Sentences.of(reading)


@settings(max_examples=30, deadline=None)
@given(BATCHES)
def test_a_span_slices_its_message_exactly(batch: Batch) -> None:
    reading, sentences = read(batch)
    normals, tokens = reading.vocabulary.normals, reading.said
    for i, row in enumerate(sentences.row.tolist()):
        text = reading.texts[row]
        start, end = sentences.spans(reading, i)
        assert 0 <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip(" \n")
        for t in range(sentences.first[i], sentences.end[i]):  # the tokens are those that stand there
            a, b = int(tokens.begins[t]), int(tokens.ends[t])
            assert start <= a < b <= end
            assert normal(text[a:b]) == normals[tokens.ids[t]]


@settings(max_examples=30, deadline=None)
@given(BATCHES)
def test_sentences_are_in_order_disjoint_and_leave_no_word_out_above_the_signature(batch: Batch) -> None:
    reading, sentences = read(batch)
    assert (np.diff(sentences.row) >= 0).all()
    assert (sentences.first[1:] >= sentences.end[:-1]).all()
    spans: dict[int, list[tuple[int, int]]] = {}
    for i, row in enumerate(sentences.row.tolist()):
        spans.setdefault(row, []).append(sentences.spans(reading, i))
        assert bool(sentences.opens[i]) == (len(spans[row]) == 1)
        assert bool(sentences.closes[i]) == (i + 1 == len(sentences) or sentences.row[i + 1] != row)
    for row, found in spans.items():
        assert reading.received[row]
        assert all(a[1] <= b[0] for a, b in pairwise(found))
        text = reading.texts[row][: int(reading.signed_at[row])]
        starts, ends = [*(a for a, _b in found), len(text)], [0, *(b for _a, b in found)]
        outside = "".join(text[b:a] for b, a in zip(ends, starts, strict=True))
        assert not any("a" <= c.lower() <= "z" or c.isdecimal() for c in outside)


@settings(max_examples=30, deadline=None)
@given(BATCHES)
def test_of_tokens_finds_the_sentence_again(batch: Batch) -> None:
    reading, sentences = read(batch)
    found = sentences.of_tokens(np.arange(len(reading.said.ids)))
    for i in range(len(sentences)):
        assert (found[sentences.first[i] : sentences.end[i]] == i).all()
    assert (found >= 0).sum() == (sentences.end - sentences.first).sum()


def roles_of(detector: Detector, threads: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Role probabilities and the thread of each sentence."""
    searched = detector.finder.search(threads)
    sentences = Sentences.of(searched.reading)
    return detector.scorer.roles.probabilities(searched, sentences), searched.reading.thread[sentences.row]


@settings(max_examples=12, deadline=None)
@given(batch=BATCHES)
def test_role_probabilities_sum_to_one_and_do_not_depend_on_the_batch(detector: Detector, batch: Batch) -> None:
    threads = threads_of(batch)
    q, thread = roles_of(detector, threads)
    assert q.shape == (len(thread), R)
    assert ((q >= 0) & (q <= 1)).all()
    assert np.abs(q.sum(axis=1) - 1).max() <= 1e-5
    for i in range(len(threads)):
        alone, _ = roles_of(detector, threads.iloc[[i]].reset_index(drop=True))
        assert np.array_equal(alone, q[thread == i])


@settings(max_examples=12, deadline=None)
@given(batch=BATCHES)
def test_contributions_add_up_and_a_sentence_is_shown_once(detector: Detector, batch: Batch) -> None:
    searched = detector.finder.search(threads_of(batch))
    scorer = detector.scorer
    events = scorer.events(searched)
    scores = scorer.score(searched, events)
    p = probabilities(scores.final)
    e = explain(searched, scorer, events, scores, label := label_indices(p))
    total = np.bincount(e.thread, e.contribution, len(label))
    assert e.baseline + total + e.rest == pytest.approx(e.score, abs=1e-9)
    z = np.exp(scores.final - scores.final.max(axis=1, keepdims=True))
    exact = (z / z.sum(axis=1, keepdims=True))[np.arange(len(label)), label]
    assert 1 / (1 + np.exp(-e.score)) == pytest.approx(exact, abs=1e-9)
    # each sentence at most once, and quoted from its first to its last token
    sentences, reading = scores.sentences, searched.reading
    known = {(row, *sentences.spans(reading, i)) for i, row in enumerate(sentences.row.tolist())}
    quoted = [
        (int(e.row[i]), *place) for i in np.flatnonzero(e.hit < 0) if (place := e.place(int(i), searched)) is not None
    ]
    assert len(set(quoted)) == len(quoted)
    assert set(quoted) <= known


@settings(max_examples=12, deadline=None)
@given(batch=BATCHES)
def test_what_sentences_do_is_added_up_message_by_message(detector: Detector, batch: Batch) -> None:
    searched = detector.finder.search(threads_of(batch))
    scores = detector.scorer.score(searched)
    thread = searched.reading.thread[scores.sentences.row]
    for i, last in enumerate(scores.last.tolist()):
        q = scores.pooled.q[thread == i]
        later = scores.pooled.later[thread == i]
        for slot, part in enumerate((q[~later], q[later], q)):
            assert scores.pooled.sums[last, slot] == pytest.approx(part.sum(axis=0), abs=1e-9)
            assert scores.pooled.most[last, slot] == pytest.approx(part.max(axis=0, initial=0.0), abs=1e-9)
