"""From an inbox to a labelling session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from detector.inbox.profile import Profile
from detector.labelling.committee import Committee
from detector.labelling.queue import Queue, copies
from detector.labelling.session import Session
from detector.model.detector import Detector, Judged
from detector.threads import Grouped
from detector.training.prior import Prior
from detector.training.senders import people


def session_of(
    detector: Detector,
    grouped: Grouped,
    profile: Profile | None,
    path: str | Path,
    *,
    strategy: str = "teach",
    seed: int = 0,
    review: bool = False,
) -> tuple[Session, list[Judged]]:
    """A session over all received threads, and their verdicts part by part for the screen."""
    parts = detector.judge(grouped, profile)
    if not parts:
        threads, p = grouped.threads, np.zeros((0, 3))
    else:
        threads = pd.concat([j.threads for j in parts], ignore_index=True)
        p = np.vstack([j.verdicts[["p_generic", "p_bait_and_sell", "p_genuine"]].to_numpy() for j in parts])
    prior, who = Prior(detector.model, detector.finder.patterns), people(threads)
    plain = prior.plain_rows(threads, prior.words(threads, who))
    queue = Queue(
        threads["thread_id"].tolist(),
        copies(threads),
        p,
        plain.matrix,
        threads["last_at"].dt.tz_localize(None).to_numpy().astype("M8[us]").astype(np.int64),
        strategy,
        seed,
        Committee(prior, plain, p, who),
    )
    return Session(threads, queue, path, review=review), parts
