"""A made-up backlog of any size, the same for the same seed: one LinkedIn export as a folder.

    python -m benchmarks.backlog FOLDER --messages 250000 [--seed 1] [--invitations 0.08]

Texts are whole messages and sentences of the corpus with names and numbers varied, in its languages;
threads have 1 to 10 messages (4 on average); one thread in eight follows one of a few hundred
templates; some are invitations alone, most of them without a note. Rows of one thread lie apart.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HEADER = ["CONVERSATION ID", "CONVERSATION TITLE", "FROM", "SENDER PROFILE URL", "TO", "RECIPIENT PROFILE URLS", "DATE",
          "SUBJECT", "CONTENT", "FOLDER", "ATTACHMENTS", "IS MESSAGE DRAFT"]  # fmt: skip
INVITATIONS = ["From", "To", "Sent At", "Message", "Direction", "inviterProfileUrl", "inviteeProfileUrl"]
OWNER = ("Ann Roe", "https://www.linkedin.com/in/ann-roe")
PROFILE = "First Name,Last Name,Headline,Summary,Industry\nAnn,Roe,SEO consultant,I help shops get found.,Marketing\n"

_LENGTHS = (18, 15, 14, 13, 12, 9, 7, 5, 4, 3)  # of 1 to 10 messages, in percent
_TEMPLATES = 300
_TEMPLATE_SHARE = 0.125
_WINDOW = 100_000
_START = datetime(2016, 1, 1, tzinfo=UTC).timestamp()
_SPAN = 10 * 365 * 86_400
_NUMBER = re.compile(r"\d+")
_GREETED = re.compile(r"^(\s*\w{2,8},? )([A-ZÀ-Þ][\w'-]+)", re.UNICODE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SYLLABLES = [
    "an",
    "bel",
    "cor",
    "da",
    "el",
    "fi",
    "gra",
    "ho",
    "is",
    "jo",
    "ka",
    "li",
    "mar",
    "nor",
    "o",
    "pe",
    "qui",
    "ro",
    "sa",
    "ti",
    "u",
    "ver",
    "wil",
    "xa",
    "ya",
    "zo",
]


@dataclass
class Pools:
    """Messages of the corpus by language: the sender's first, the sender's later, the owner's; and sentences."""

    first: dict[str, list[str]]
    later: dict[str, list[str]]
    replies: dict[str, list[str]]
    sentences: dict[str, list[str]]

    @classmethod
    def load(cls, folder: Path) -> Pools:
        """Read the corpus CSVs."""
        pools = cls({}, {}, {}, {})
        seen: set[str] = set()
        for path in sorted(folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    text, lang = row["text"].strip(), row["lang"]
                    if not text:
                        continue
                    new = row["thread_id"] not in seen
                    seen.add(row["thread_id"])
                    pool = pools.replies if row["direction"] == "sent" else pools.first if new else pools.later
                    pool.setdefault(lang, []).append(text)
                    pools.sentences.setdefault(lang, []).extend(_SENTENCE.split(text))
        for lang in pools.first:
            pools.later.setdefault(lang, pools.first[lang])
            pools.replies.setdefault(lang, pools.first[lang])
        return pools


class Backlog:
    """Threads of one inbox, drawn one after the other."""

    def __init__(self, pools: Pools, seed: int) -> None:
        self.random = random.Random(seed)
        self.pools = pools
        self.languages = sorted(pools.first)
        self.weights = [len(pools.first[lang]) for lang in self.languages]
        self.templates = [self._composed(self._language()) for _ in range(_TEMPLATES)]

    def _language(self) -> str:
        return self.random.choices(self.languages, self.weights)[0]

    def name(self) -> str:
        """A made-up first and last name."""
        r = self.random
        return " ".join("".join(r.choices(_SYLLABLES, k=r.randint(2, 3))).capitalize() for _ in range(2))

    def varied(self, text: str, name: str) -> str:
        """The text with other numbers and another name in its greeting."""
        r = self.random
        text = _NUMBER.sub(
            lambda m: str(r.randrange(10 ** (len(m[0]) - 1), 10 ** len(m[0]))) if len(m[0]) < 7 else m[0], text
        )
        return _GREETED.sub(lambda m: m[1] + name.split()[0], text)

    def _composed(self, lang: str) -> str:
        r = self.random
        return " ".join(r.choices(self.pools.sentences[lang], k=r.choice((2, 3, 4, 6, 9))))

    def thread(self, number: int) -> list[list[str]]:
        """The rows of one thread."""
        r = self.random
        lang = self._language()
        name = self.name()
        url = f"https://www.linkedin.com/in/{name.lower().replace(' ', '-')}-{number:x}"
        at = _START + r.random() * _SPAN
        rows = []
        size = r.choices(range(1, 11), _LENGTHS)[0]
        template = r.random() < _TEMPLATE_SHARE
        for i in range(size):
            mine = i > 0 and r.random() < 0.3
            if i == 0 and template:
                text = self.varied(r.choice(self.templates), name)
            elif r.random() < 0.3:
                text = self.varied(self._composed(lang), name)
            else:
                pool = self.pools.replies if mine else self.pools.later if i else self.pools.first
                text = self.varied(r.choice(pool[lang]), name)
            sender, receiver = (OWNER, (name, url)) if mine else ((name, url), OWNER)
            moment = datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            rows.append([f"2-{number:x}==", "", *sender, *receiver, moment, "", text, "INBOX", "", "No"])
            at += r.expovariate(1 / 86_400 / 3)
        return rows

    def invitation(self, number: int) -> list[str]:
        """An invitation that became no conversation; two in three have no note."""
        r = self.random
        name = self.name()
        url = f"https://www.linkedin.com/in/{name.lower().replace(' ', '-')}-i{number:x}"
        at = datetime.fromtimestamp(int(_START + r.random() * _SPAN), UTC)
        note = "" if r.random() < 0.67 else self.varied(r.choice(self.pools.first[self._language()]), name)[:300]
        sent = f"{at.month}/{at.day}/{at:%y}, {at.hour % 12 or 12}:{at:%M} {at:%p}"
        return [name, OWNER[0], sent, note, "INCOMING", url, OWNER[1]]


def rows(backlog: Backlog, messages: int) -> Iterator[list[str]]:
    """That many message rows, shuffled within windows."""
    made, number = 0, 0
    window: list[list[str]] = []
    while made < messages:
        thread = backlog.thread(number)[: messages - made]
        number += 1
        made += len(thread)
        window += thread
        if len(window) >= _WINDOW or made == messages:
            backlog.random.shuffle(window)
            yield from window
            window = []


def generate(folder: Path, messages: int, seed: int = 1, invitations: float = 0.08, corpus: Path | None = None) -> Path:
    """Write the export into a folder: messages.csv, Invitations.csv (a share of the threads), Profile.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    pools = Pools.load(corpus or Path(__file__).parent.parent / "data" / "corpus")
    backlog = Backlog(pools, seed)
    with (folder / "messages.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows(backlog, messages))
    if invitations:
        with (folder / "Invitations.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(INVITATIONS)
            writer.writerows(backlog.invitation(i) for i in range(int(messages / 4 * invitations)))
    (folder / "Profile.csv").write_text(PROFILE, encoding="utf-8")
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=250_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--invitations", type=float, default=0.08)
    asked = parser.parse_args()
    generate(asked.folder, asked.messages, asked.seed, asked.invitations)
