"""Labels that look wrong: confident learning over held-out probabilities, worst first, with reasons.

The statistics are cleanlab's (Northcutt, Jiang and Chuang, Confident Learning, 2021): a label is in
doubt if a thread is given another label with more confidence than threads of that label usually get.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from detector.model.decision import label_indices, probabilities
from detector.schema import LABELS
from detector.training.reading import Labelled

FEWEST = 12
"""With fewer labels there is nothing to compare with."""


def doubtful(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Positions of labels in doubt, worst first.

    `p`: (n, 3) probabilities by models that did not see the label; `labels`: (n,).
    """
    if len(labels) < FEWEST:
        return np.zeros(0, dtype=np.int64)
    import warnings

    from cleanlab.filter import find_label_issues

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a label without examples: it has none in doubt either
        found = find_label_issues(
            labels,
            np.clip(p, 1e-4, None),
            return_indices_ranked_by="normalized_margin",
            n_jobs=1,
            min_examples_per_class=0,
        )
    kept = np.asarray(found, dtype=np.int64)
    return kept[label_indices(p)[kept] != labels[kept]]


def count_doubtful(p: np.ndarray, labels: np.ndarray) -> int:
    """How many labels are in doubt."""
    return len(doubtful(p, labels))


def held_out(own: Labelled, base: str = "shipped", seed: int = 0) -> np.ndarray:
    """(n, 3) probabilities of own threads: the base moved by the other groups' labels, never by their own."""
    from detector import paths
    from detector.model.file import load
    from detector.training.adapting import learn, own_folds, single_thread
    from detector.training.prior import Prior

    prior = Prior(load(paths.shipped_model() if base == "shipped" else base))
    rows = prior.rows(own.threads, prior.words(own.threads, own.senders))
    scores = rows.scores.copy()
    who = np.asarray(own.senders, dtype=object)
    with single_thread():
        for seen, held in own_folds(own.group, own.labels, seed=seed):
            learned = learn(prior, rows.take(seen), own.labels[seen], who[seen], own.group[seen], seed=seed)
            scores[held] = learned.scores(rows.take(held))
    return probabilities(scores)


def with_reasons(own: Labelled, p: np.ndarray, evidence: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The labels in doubt, worst first: thread, label, what it looks like, how sure, and why.

    `evidence`: pieces of evidence towards the model's label, strongest first, by thread id.
    """
    found = []
    for i in doubtful(p, own.labels).tolist():
        thread = own.threads.iloc[i]
        seems = int(label_indices(p[i : i + 1])[0])
        reasons = []
        twins = np.flatnonzero((own.group == own.group[i]) & (own.labels != own.labels[i]))
        if len(twins):
            other = own.threads["thread_id"].iat[twins[0]]
            reasons.append(
                f"a near-copy or the same sender's thread ({other}) is labelled {LABELS[own.labels[twins[0]]]}"
            )
        if not thread["messages"]:
            reasons.append("there is no word by the sender to judge")
        for piece in evidence.get(thread["thread_id"], [])[:2]:
            quote = f" “{' '.join(piece['text'].split())[:60]}”" if piece["text"] else ""
            reasons.append(f"{piece['pattern']}{quote}")
        found.append(
            {
                "thread_id": thread["thread_id"],
                "sender": thread["sender"],
                "label": LABELS[own.labels[i]],
                "seems": LABELS[seems],
                "p_label": round(float(p[i, own.labels[i]]), 4),
                "p_seems": round(float(p[i, seems]), 4),
                "reasons": reasons or ["its words are those of the other label as a whole"],
            }
        )
    return found
