"""The figures at the top of the page, counted part by part in bounded memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from detector.patterns import Pattern
from detector.report.safe import one_line
from detector.schema import ACTIONS, LABELS

SECONDS_A_MESSAGE = 30
"""What reading one stranger's message and deciding on it is reckoned at."""

_YOURS = "mismatch.sells-what-you-offer"
_SHOWN = 5
_MONTHS = 24
_LATE = 6  # turns from this message on are counted together


@dataclass
class Tally:
    """Running counts over verdict tables. `add` each part, then `figures`."""

    labels: Counter = field(default_factory=Counter)
    actions: Counter = field(default_factory=Counter)
    crossed: Counter = field(default_factory=Counter)
    months: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    sells: Counter = field(default_factory=Counter)
    turned: Counter = field(default_factory=Counter)
    yours: int = 0
    read: int = 0
    chasers: list[tuple[int, str, str]] = field(default_factory=list)
    templates: Counter = field(default_factory=Counter)
    template_senders: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    template_words: dict[str, str] = field(default_factory=dict)

    def add(self, verdicts: pd.DataFrame) -> None:
        """Count the rows of one verdict table."""
        if not len(verdicts):
            return
        self.labels.update(verdicts["label"])
        self.actions.update(verdicts["action"])
        months = verdicts["last_at"].dt.strftime("%Y-%m")
        for (month, label), n in verdicts.groupby([months, "label"]).size().items():
            self.months[month][label] += int(n)
        bait = verdicts[verdicts["label"] == "bait-and-sell"]
        self.sells.update(bait.loc[bait["sells"] != "", "sells"])
        self.yours += int(bait["patterns"].str.contains(_YOURS, regex=False).sum())
        self.turned.update(bait["turned_at"].dropna().astype(int).clip(upper=_LATE))
        aside = verdicts[verdicts["action"] == "set-aside"]
        self.read += int(aside["messages"].clip(lower=1).sum())
        most = verdicts[verdicts["unanswered"] > 1].nlargest(_SHOWN, "unanswered")
        rows = zip(most["unanswered"], most["sender"], most["thread_id"], strict=True)
        self.chasers = sorted([*self.chasers, *((int(n), str(s), str(t)) for n, s, t in rows)], reverse=True)[:_SHOWN]
        shared = verdicts[verdicts["template"] != ""]
        for row in shared.itertuples():
            self.templates[row.template] += 1
            self.template_senders[row.template].add(hash(row.sender_url or row.sender))
            self.template_words.setdefault(row.template, str(row.evidence))

    def figures(self, catalogue: tuple[Pattern, ...]) -> dict[str, Any]:
        """What the template shows: plain numbers and texts (texts are strangers': escape them)."""
        months = sorted(self.months)[-_MONTHS:]
        tallest = max((sum(self.months[m].values()) for m in months), default=0)
        says = {p.id: p.says for p in catalogue}
        return {
            "labels": [(label, self.labels[label]) for label in reversed(LABELS)],
            "actions": [(action, self.actions[action]) for action in ACTIONS],
            "total": sum(self.labels.values()),
            "saved": _duration(self.read * SECONDS_A_MESSAGE),
            "read": self.read,
            "seconds": SECONDS_A_MESSAGE,
            "months": _bars(self.months, months, tallest),
            "earlier_months": len(self.months) - len(months),
            "tallest": tallest,
            "sells": self.sells.most_common(_SHOWN),
            "kinds": len(self.sells),
            "yours": self.yours,
            "yours_says": says.get(_YOURS, ""),
            "chasers": self.chasers,
            "templates": [
                (t, n, len(self.template_senders[t]), one_line(self.template_words[t], 90))
                for t, n in self.templates.most_common(_SHOWN)
            ],
            "template_count": len(self.templates),
            "turned": [(f"{k}{'+' if k == _LATE else ''}", self.turned[k]) for k in sorted(self.turned)],
            "most_turned": max(self.turned.values(), default=0),
        }


def _bars(counts: dict[str, Counter], months: list[str], tallest: int) -> list[dict[str, Any]]:
    """Stacked bars in a box of 100 units of height, 10 of width a month."""
    bars = []
    for i, month in enumerate(months):
        top = 100.0
        parts = []
        for label in LABELS:
            height = 100 * counts[month][label] / tallest
            top -= height
            parts.append({"label": label, "y": round(top, 2), "height": round(height, 2)})
        named = ", ".join(f"{counts[month][label]} {label}" for label in reversed(LABELS))
        bars.append({"month": month, "x": i * 10, "parts": parts, "named": named})
    return bars


def _duration(seconds: int) -> str:
    """A span of time as a person says it.

    >>> _duration(90), _duration(5400), _duration(1080000)
    ('2 minutes', '1.5 hours', '300 hours')
    """
    if seconds < 5400:
        minutes = round(seconds / 60)
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours = seconds / 3600
    return f"{hours:,.1f} hours" if hours < 20 else f"{hours:,.0f} hours"
