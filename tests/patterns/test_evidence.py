"""Evidence spans slice their message to exactly the quoted words, in any script."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.model.detector import Detector
from detector.patterns.tokens import TOKEN, Vocabulary, spans
from detector.threads import group, messages_table

DETECTOR = Detector.load("shipped")
WORDS = st.sampled_from(
    [
        "we",
        "help",
        "firms",
        "grow",
        "{firstName}",
        "https://calendly.com/x",
        "$400",
        "per",
        "month",
        "our",
        "clients",
        "include",
        "Your",
        "talk",
        "in",
        "Lyon",
        "é́",
        "ẞ",
        "İstanbul",
        "日本語",
        "привет",
        "مرحبا",
        "😀👍🏽",
        "free",
        "audit",
        "last",
        "message",
        "ﬁne",
        "𝗛𝗲𝗹𝗽",
        "hop",
        "on",
        "a",
        "call",
        "\u202e\u200d",
        "[Name]",
        "<b>",
        "&amp;",
        "a.b.c@d.e",
    ]
)
TEXTS = st.lists(WORDS | st.text(max_size=12), max_size=40).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_every_hit_quotes_its_message_exactly(texts: list[str]) -> None:
    texts = [t.strip().replace("\0", "") for t in texts]
    messages = messages_table([("t", "received", t, "message") for t in texts])
    for judged in DETECTOR.judge(group(messages)):
        for hit in judged.evidence(0):
            if hit["text"] is None:
                assert hit["message"] is hit["start"] is hit["end"] is None
            else:
                text = judged.threads["texts"].iat[0][hit["message"] - 1]
                assert text[hit["start"] : hit["end"]] == hit["text"]
                assert hit["text"]


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_tokens_and_their_places_agree(text: str) -> None:
    read = Vocabulary()
    tokens = read.read([text])
    assert [text[a:b] for a, b in spans(text)] == [read.raw[i] for i in tokens.ids]
    found = TOKEN.findall(text)
    assert [t for t in found if any(c.isalnum() for c in t) or t[0] not in ".…\n"] == [read.raw[i] for i in tokens.ids]
    # every message with tokens begins a sentence, and no cut stands outside of it
    assert list(tokens.cuts[:1]) == ([0] if len(tokens.ids) else [])
    assert all(0 <= c < len(tokens.ids) for c in tokens.cuts.tolist())


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_messages_read_together_read_as_each_alone(texts: list[str]) -> None:
    read = Vocabulary()
    together = read.read(texts)
    for row, text in enumerate(texts):
        alone = read.read([text])
        mine = slice(together.starts[row], together.starts[row + 1])
        assert together.ids[mine].tolist() == alone.ids.tolist()
        assert list(zip(together.begins[mine].tolist(), together.ends[mine].tolist(), strict=True)) == spans(text)
        cuts = together.cuts[(together.cuts >= mine.start) & (together.cuts < mine.stop)] - mine.start
        assert cuts.tolist() == alone.cuts.tolist()


def test_half_a_surrogate_pair_is_read_over() -> None:
    read = Vocabulary()
    assert [read.raw[i] for i in read.read(["Hi\ud800 Ann"]).ids] == ["Hi", "Ann"]


def test_hostile_text_takes_linear_time() -> None:
    import time

    for unit in ("a-", "a.", "<script>", "{", "we help ", "@", "https:/", "'", " \n", "$1 ", ".\n", "...", ".)", "\n"):
        text = unit * (200_000 // len(unit))
        start = time.process_time()
        DETECTOR.judge(group(messages_table([("t", "received", text)])))
        assert time.process_time() - start < 20, unit
