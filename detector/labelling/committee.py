"""How sure the verdicts are once the labels given so far are heard: a committee votes.

Its members are the model as it is and the steps away from it (`training.adapting`) that the labels call for at
two weights. Their mean is unsure where the model is, where a label went against it,
and where the members differ (query by committee: Seung, Opper and Sompolinsky, 1992; its entropy: Settles, Active
Learning Literature Survey, 2009). So a surely wrong verdict is asked about more than once, and a settled one less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.model.decision import probabilities
from detector.training.adapting import Pace, Span, adapt, shared_columns, single_thread
from detector.training.prior import Prior, Rows

PACES = (Pace(1.0), Pace(3.0))
"""The members beside the model as it is; other weights were tied, and labels made to count alike, as `learn` does, asked
for less (docs/experiments.md)."""

FEWEST = 24
"""With fewer labels than this the model votes alone: heard from the fourth on, labels made the next ones teach less
on one slice of mail and made no clear difference on the others (docs/experiments.md)."""


class Committee:
    """Verdicts on the threads of an inbox after some labels.

    `plain`: all its threads (`Prior.plain_rows`); `p`: (n, 3) the model's verdicts on them; `senders`: a key a thread.
    """

    def __init__(self, prior: Prior, plain: Rows, p: np.ndarray, senders: Sequence[str] | np.ndarray) -> None:
        self._prior, self._plain, self._p = prior, plain, p
        self._who = np.asarray(senders, dtype=object)
        self._heard: tuple[np.ndarray, Rows] | None = None

    def verdicts(self, about: np.ndarray, labelled: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """(len(about), 3) probabilities: the mean of the members'.

        `about` and `labelled`: positions of threads; `labels`: an index into `LABELS` for each of the latter.
        """
        p = self._p[about]
        if len(labelled) < FEWEST:
            return p
        told, asked = self._prior.meant(self._plain.take(labelled)), self._rows(about)
        with single_thread():
            span = Span(told, shared_columns(told, self._who[labelled]))
            steps = [adapt(self._prior, told, labels, self._who[labelled], pace, span) for pace in PACES]
        return np.asarray(np.mean([p, *(probabilities(step.scores(asked)) for step in steps)], axis=0))

    def _rows(self, about: np.ndarray) -> Rows:
        """The rows of threads that are asked about again and again."""
        if self._heard is None or not np.array_equal(self._heard[0], about):
            self._heard = about, self._prior.meant(self._plain.take(about))
        return self._heard[1]
