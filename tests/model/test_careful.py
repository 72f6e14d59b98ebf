"""The careful reading: its shares add up, no batch and no later message changes them, nothing hostile stops it."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector import paths
from detector.errors import InputError, ModelError
from detector.model.careful.file import load, with_manifest
from detector.model.careful.packing import GROUP, packed, unpacked
from detector.model.careful.passage import LONGEST, messages_of, passage, profiles_of
from detector.model.careful.pieces import BEGINS, END, FIRST, UNKNOWN, Pieces
from detector.model.detector import Detector
from detector.patterns import Finder
from detector.patterns.sentences import Sentences
from detector.threads import group, messages_table
from detector.training.blending import join
from detector.training.corpus import digest_of
from detector.training.shipped import corpus_files

TALKS = [
    ("a", "received", "Hi Ann, loved your talk on bees! How did you keep the varroa count so low in June?"),
    ("b", "received", "Thanks for connecting, Ann."),
    ("b", "sent", "Sure. What do you do?"),
    ("b", "received", "We help beekeepers double their honey. Packages start at $400. Shall we book a call?"),
    ("c", "received", ""),
    ("d", "received", "🙂🙂"),
    ("e", "received", "Hola Ana, ¿qué tal?"),
]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load("shipped", careful=True)


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    return messages_table(TALKS)


def test_contributions_add_up_to_the_log_odds_of_the_label(detector: Detector, messages: pd.DataFrame) -> None:
    for judged in detector.judge(group(messages)):
        for i, verdict in enumerate(judged.verdicts.itertuples()):
            e = judged.explained
            total = e.baseline[i] + sum(h["contribution"] for h in judged.evidence(i)) + e.rest[i]
            assert 1 / (1 + math.exp(-total)) == pytest.approx(verdict.confidence, abs=7e-5)


def test_the_careful_share_is_told_as_evidence_not_as_rest(detector: Detector) -> None:
    threads = group(messages_table(TALKS[:1]))
    careful, quick = detector.judge(threads)[0], Detector.load("shipped").judge(threads)[0]
    assert [h["text"] for h in careful.evidence(0)]
    fast = detector.scorer.careful.weights.fast
    assert abs(careful.explained.rest[0]) == pytest.approx(abs(quick.explained.rest[0]) * fast, abs=0.3)


def test_where_there_is_no_sentence_the_quick_reading_stands(detector: Detector, messages: pd.DataFrame) -> None:
    silent = messages[messages["thread_id"].isin(["c", "d"])]
    quick = Detector.load("shipped").score(silent).set_index("thread_id")
    pd.testing.assert_frame_equal(detector.score(silent).set_index("thread_id"), quick)


def test_a_verdict_does_not_depend_on_the_batch(detector: Detector, messages: pd.DataFrame) -> None:
    whole = detector.score(messages).set_index("thread_id")
    for thread in whole.index:
        alone = detector.score(messages[messages["thread_id"] == thread]).set_index("thread_id")
        pd.testing.assert_frame_equal(whole.loc[[thread]], alone, check_dtype=False)


def test_a_prefix_is_judged_as_if_the_rest_had_not_come(detector: Detector) -> None:
    rows = [TALKS[i] for i in (1, 2, 3)]
    whole = detector.judge(group(messages_table(rows)))[0]
    for n in range(1, 4):
        alone = detector.judge(group(messages_table(rows[:n])))[0]
        assert alone.p_after[-1] == pytest.approx(whole.p_after[n - 1], abs=2e-4)


def test_it_was_made_from_the_committed_corpus() -> None:
    assert load(paths.shipped_reading())[1]["corpus"] == digest_of(corpus_files())


INVENTED = {
    "genuine": [
        "Hello Petra, the trick with the damp tea towel in your sourdough column saved my Sunday. Mine had cracked for months. "
        "Do you do the same with rye?",
        "Dear Mr Oduya, our daughter sang in your Tuesday choir until June. She still hums the Fauré at breakfast. Thank you for "
        "putting up with her tonsils.",
        "Ms Quist, page 40 of your thesis says the ferry logs stop in 1911. My grandfather kept one until 1914, it is in my "
        "attic. Would you like a scan?",
    ],
    "generic": [
        "Hi! I admire people who push boundaries. Let us be part of each other's journey.",
        "Hello there, I came across your page and thought it makes sense to stay in touch.",
    ],
    "bait-and-sell": [
        "Hi Kofi, impressive work! Curious, how do you fill your order book at present? I put joiners in front of homeowners "
        "who are ready to sign.",
        "Dear Ilse, your profile was shortlisted for our Visionary Women gala. The nomination fee covers trophy and magazine "
        "spread.",
    ],
}


def test_invented_letters_get_their_label_with_a_sentence_as_the_reason(detector: Detector) -> None:
    rows = [(f"{label} {i}", "received", text) for label, texts in INVENTED.items() for i, text in enumerate(texts)]
    verdicts = detector.score(messages_table(rows))
    assert [t.split()[0] for t in verdicts["thread_id"]] == verdicts["label"].tolist()
    assert verdicts["evidence"].ne("").all()


@pytest.mark.parametrize(
    "text",
    ["word " * 200_000, "x" * 1_000_000, "a. " * 50_000, "\u202e\x00\x07", "=cmd|' /C calc'!A0", "ﷺ" * 5_000],
    ids=["long", "one word", "sentences", "control", "formula", "ligatures"],
)
def test_hostile_texts_are_read_within_bounds(detector: Detector, text: str) -> None:
    verdicts = detector.score(messages_table([("t", "received", text), ("t", "received", "Hello Ann")]))
    assert len(verdicts) == 1
    assert np.isfinite(verdicts["confidence"]).all()


def test_a_passage_is_never_longer_than_the_encoder_reads() -> None:
    rows = [("t", "received" if i % 3 else "sent", "Some words about maps. And more! " * (i % 40)) for i in range(300)]
    reading = Finder().search(group(messages_table(rows)).threads).reading
    weights, _manifest = load(paths.shipped_reading())
    told = passage(messages_of(reading, Sentences.of(reading))[0], profiles_of(reading)[0], weights.pieces)
    assert len(told) <= LONGEST
    assert (np.diff(told.message) >= 0).all()


LETTERS = [chr(c) for c in range(ord("a"), ord("h") + 1)]
KNOWN = [FIRST, END, UNKNOWN, BEGINS, *LETTERS, f"{BEGINS}abc", "de", "efgh"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abcdefgh", min_size=1, max_size=20))
def test_pieces_spell_the_word(word: str) -> None:
    pieces = Pieces(KNOWN, np.linspace(-1, -9, len(KNOWN)))
    found = "".join(KNOWN[i] for i in pieces.of(word)).removeprefix(BEGINS)
    assert word.startswith(found)
    assert found == word or len(pieces.of(word)) == 6


def test_a_word_is_split_into_its_likeliest_pieces() -> None:
    def split(likely: dict[str, float]) -> list[str]:
        known = [FIRST, END, UNKNOWN, *likely]
        pieces = Pieces(known, np.array([0.0, 0.0, 0.0, *likely.values()]))
        return [known[i] for i in pieces.of("abcd")]

    ways = {f"{BEGINS}ab": -4.0, "cd": -4.0, f"{BEGINS}abc": -3.0, "d": -4.5}
    assert split(ways) == [f"{BEGINS}abc", "d"]
    assert split(ways | {"d": -6.0}) == [f"{BEGINS}ab", "cd"]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_a_packed_matrix_is_close_to_what_it_was(seed: int, size: float) -> None:
    matrix = (np.random.default_rng(seed).normal(size=(8, 3 * GROUP)) * size).astype(np.float32)
    codes, scales = packed(matrix)
    assert 2 * codes.size == matrix.size
    assert np.sqrt(((unpacked(codes, scales) - matrix) ** 2).mean()) < 0.12 * matrix.std()


def test_nothing_packs_to_nothing() -> None:
    assert not unpacked(*packed(np.zeros((2, GROUP), dtype=np.float32))).any()
    with pytest.raises(ValueError, match="multiple"):
        packed(np.zeros((2, GROUP + 1), dtype=np.float32))


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    whole = paths.shipped_reading().read_bytes()
    path = tmp_path / "careful.npz"
    for data in (b"", b"PK\x03\x04 and no more", whole[: len(whole) // 2]):
        path.write_bytes(data)
        with pytest.raises(ModelError, match=r"careful\.npz"):
            load(path)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(packed, "w") as target:
        for item in source.infolist():
            if item.filename != "label.weight.npy":
                target.writestr(item.filename, source.read(item.filename))
    path.write_bytes(packed.getvalue())
    with pytest.raises(ModelError, match="damaged"):
        load(path)
    with pytest.raises(ModelError, match="missing"):
        load(tmp_path / "none.npz")


def test_another_manifest_leaves_the_arrays_as_they_are(tmp_path: Path) -> None:
    shipped, out = paths.shipped_reading(), tmp_path / "other.npz"
    weights, manifest = load(shipped)
    together = {"fast": 0.25, "careful": manifest["together"]["careful"], "shift": [0.0, 0.0, 0.0]}
    with_manifest(shipped, manifest | {"together": together}, out)
    again, told = load(out)
    assert told["together"] == together
    assert np.array_equal(again.encoder.words, weights.encoder.words)
    with zipfile.ZipFile(shipped) as a, zipfile.ZipFile(out) as b:
        assert a.namelist() == b.namelist()
        assert all(a.read(name) == b.read(name) for name in a.namelist() if name != "manifest.json")


def test_a_reading_of_another_corpus_is_not_joined(tmp_path: Path) -> None:
    out = tmp_path / "other.npz"
    with_manifest(paths.shipped_reading(), load(paths.shipped_reading())[1] | {"corpus": "another"}, out)
    with pytest.raises(InputError, match="another corpus"):
        join(out)
