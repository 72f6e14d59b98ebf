"""Scores, reasons and actions: sums add up, batches do not matter, prefixes are honest."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from detector import paths
from detector.inbox import Profile, read_inbox
from detector.model.detector import Detector
from detector.schema import VERDICTS
from detector.threads import group, messages_table

SAMPLE = str(paths.shipped_data("sample") / "Basic_LinkedInDataExport_10-26-2026.zip")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load("shipped")


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    return read_inbox(SAMPLE).messages


def test_contributions_add_up_to_the_log_odds_of_the_label(detector: Detector, messages: pd.DataFrame) -> None:
    for judged in detector.judge(group(messages)):
        for i, verdict in enumerate(judged.verdicts.itertuples()):
            e = judged.explained
            total = e.baseline[i] + sum(h["contribution"] for h in judged.evidence(i)) + e.rest[i]
            p = 1 / (1 + math.exp(-total))
            assert p == pytest.approx(verdict.confidence, abs=6e-5 + 1e-5)


def test_a_verdict_does_not_depend_on_the_batch(detector: Detector, messages: pd.DataFrame) -> None:
    whole = detector.score(messages).set_index("thread_id").drop(columns="template")
    ids = messages["thread_id"].unique()
    for size in (1, 7):
        parts = []
        for a in range(0, len(ids), size):
            part = messages[messages["thread_id"].isin(ids[a : a + size])]
            if len(verdicts := Detector.score(detector, part)):
                parts.append(verdicts)
        apart = pd.concat(parts).set_index("thread_id").drop(columns="template").loc[whole.index]
        pd.testing.assert_frame_equal(whole, apart, check_dtype=False)


def test_a_prefix_is_judged_as_if_the_rest_had_not_come(detector: Detector) -> None:
    texts = [
        "Lovely garden photos!",
        "We help coaches get more clients.",
        "Packages start at $400 per month. Book a slot",
    ]
    rows = [("t", "received", t) for t in texts]
    whole = detector.judge(group(messages_table(rows)))[0]
    for n in range(1, 4):
        alone = detector.judge(group(messages_table(rows[:n])))[0]
        assert alone.p_after[-1].tolist() == whole.p_after[n - 1].tolist()


def test_turned_at_names_the_first_message_of_the_last_run(detector: Detector, messages: pd.DataFrame) -> None:
    from detector.model.decision import BAIT, label_indices

    for judged in detector.judge(group(messages)):
        reading = judged.searched.reading
        for i, verdict in enumerate(judged.verdicts.itertuples()):
            a, n = reading.starts[i], reading.sizes[i]
            labels = label_indices(judged.p_after[a : a + n])
            if verdict.label == "bait-and-sell":
                k = int(verdict.turned_at)
                assert (labels[k - 1 :] == BAIT).all()
                assert k == 1 or labels[k - 2] != BAIT or not judged.valid[a + k - 2]
            else:
                assert pd.isna(verdict.turned_at)


def test_verdicts_have_the_columns_of_the_contract_in_order(detector: Detector, messages: pd.DataFrame) -> None:
    verdicts = detector.score(messages)
    assert tuple(verdicts.columns) == VERDICTS
    assert set(verdicts["action"]) <= {"answer", "look", "done", "set-aside"}
    top = verdicts[["p_generic", "p_bait_and_sell", "p_genuine"]].to_numpy().max(axis=1)
    assert np.allclose(top, verdicts["confidence"])


def test_a_language_that_is_not_supported_is_looked_at(detector: Detector) -> None:
    text = "Dzień dobry, jestem z firmy budowlanej i nie wiem, czy to jest do pana. Pozdrawiam serdecznie"
    verdict = detector.score(messages_table([("t", "received", text)])).iloc[0]
    assert (verdict["lang"], verdict["action"]) == ("pl", "look")


def test_known_people_are_never_set_aside_unseen(detector: Detector) -> None:
    messages = messages_table([("t", "received", "", "invitation")], sender="Bo Lind")
    assert detector.judge(group(messages))[0].verdicts["action"].tolist() == ["set-aside"]
    assert detector.judge(group(messages), known={"bo lind"})[0].verdicts["action"].tolist() == ["look"]


def test_the_recipients_profile_decides_a_mismatch(detector: Detector) -> None:
    messages = messages_table(
        [("t", "received", "We help firms rank on Google with our SEO packages from $400 per month.")]
    )
    baker = detector.score(messages, Profile(headline="Baker")).iloc[0]
    seo = detector.score(messages, Profile(headline="SEO consultant", services=("SEO",))).iloc[0]
    assert "mismatch.sells-what-you-offer" not in baker["patterns"]
    assert "mismatch.sells-what-you-offer" in seo["patterns"]
    assert seo["p_bait_and_sell"] > baker["p_bait_and_sell"]


def test_the_same_words_from_two_senders_share_a_template(detector: Detector) -> None:
    text = "Hi {}, i saw that you work at {} and wanted to ask who looks after your phones there these days"
    one = messages_table([("a", "received", text.format("Ann", "Acme"))], sender="Bo")
    two = messages_table([("b", "received", text.format("Cy", "Orbis"))], sender="Dee")
    same = messages_table([("c", "received", text.format("Flo", "Haus"))], sender="Bo")
    both = detector.score(pd.concat([one, two], ignore_index=True))
    assert both["template"].nunique() == 1
    assert both["template"].iloc[0]
    assert not detector.score(pd.concat([one, same], ignore_index=True))["template"].any()


def test_half_a_surrogate_pair_is_judged_as_a_sign_that_no_font_has(detector: Detector) -> None:
    messages = messages_table([("t", "received", ""), ("u", "received", "")])
    # as Python strings: pandas' own string columns refuse such text
    messages["text"] = pd.Series(["Hello \ud800 Ann", "Plain"], dtype=object)
    messages["sender"] = pd.Series(["Bo\udfff"] * 2, dtype=object)
    judged = detector.judge(group(messages))[0]
    assert judged.threads["texts"].tolist() == [["Hello \ufffd Ann"], ["Plain"]]
    assert judged.verdicts["sender"].tolist() == ["Bo\ufffd"] * 2
    judged.verdicts.to_csv().encode()
