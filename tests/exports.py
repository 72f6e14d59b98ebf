"""Writes made-up inboxes in the shapes of real exports, from the facts of docs/reading.md."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

OWNER = ("Ann Roe", "https://www.linkedin.com/in/ann-roe")
BASE = [
    "CONVERSATION ID", "CONVERSATION TITLE", "FROM", "SENDER PROFILE URL", "TO", "RECIPIENT PROFILE URLS", "DATE",
    "SUBJECT", "CONTENT", "FOLDER",
]  # fmt: skip
ERAS = {
    "2020": [c for c in BASE if c != "RECIPIENT PROFILE URLS"],
    "2023": BASE,
    "2024": [*BASE, "IS MESSAGE DRAFT"],
    "2024-12": [*BASE, "IS MESSAGE DRAFT", "IS CONVERSATION DRAFT"],
    "2025": [*BASE, "ATTACHMENTS"],
    "2026": [*BASE, "ATTACHMENTS", "IS MESSAGE DRAFT"],
    "2026-quoted": [*BASE, "ATTACHMENTS"],
    "union": [*BASE, "ATTACHMENTS", "IS MESSAGE DRAFT", "IS CONVERSATION DRAFT"],
}
NO_IDS = ["From", "To", "Date", "Subject", "Content", "Direction", "Folder"]


@dataclass
class Said:
    """One message: by the other person unless `mine`; `at` in seconds since 1970."""

    text: str
    at: int
    mine: bool = False


@dataclass
class Talk:
    """One conversation with one person."""

    id: str
    name: str
    url: str
    said: list[Said] = field(default_factory=list)


def stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def invited(at: int) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.month}/{moment.day}/{moment:%y}, {moment.hour % 12 or 12}:{moment:%M} {moment:%p}"


def message_rows(talks: list[Talk], owner: tuple[str, str] = OWNER) -> list[dict[str, str]]:
    rows = []
    for talk in talks:
        for said in talk.said:
            sender, receiver = (owner, (talk.name, talk.url)) if said.mine else ((talk.name, talk.url), owner)
            rows.append(
                {
                    "CONVERSATION ID": talk.id, "CONVERSATION TITLE": "", "FROM": sender[0],
                    "SENDER PROFILE URL": sender[1], "TO": receiver[0], "RECIPIENT PROFILE URLS": receiver[1],
                    "DATE": stamp(said.at), "SUBJECT": "", "CONTENT": said.text, "FOLDER": "INBOX", "ATTACHMENTS": "",
                    "IS MESSAGE DRAFT": "No", "IS CONVERSATION DRAFT": "No",
                }
            )  # fmt: skip
    return rows


def to_csv(rows: list[dict[str, str]], columns: list[str], *, quoted: bool = False, delimiter: str = ",") -> str:
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(
        out, columns, delimiter=delimiter, quoting=quoting, lineterminator="\n", extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def messages_csv(
    talks: list[Talk], era: str = "2026", *, seed: int | None = None, owner: tuple[str, str] = OWNER
) -> str:
    rows = message_rows(talks, owner)
    if seed is None:
        rows.sort(key=lambda r: r["DATE"], reverse=True)
    else:
        random.Random(seed).shuffle(rows)
    return to_csv(rows, ERAS[era], quoted=era == "2026-quoted")


def invitations_csv(rows: list[dict[str, str]], *, urls: bool = True) -> str:
    columns = ["From", "To", "Sent At", "Message", "Direction"]
    return to_csv(rows, [*columns, "inviterProfileUrl", "inviteeProfileUrl"] if urls else columns)


def incoming(name: str, url: str, at: int, note: str = "", owner: tuple[str, str] = OWNER) -> dict[str, str]:
    return {
        "From": name, "To": owner[0], "Sent At": invited(at), "Message": note, "Direction": "INCOMING",
        "inviterProfileUrl": url, "inviteeProfileUrl": owner[1],
    }  # fmt: skip


def outgoing(name: str, url: str, at: int, owner: tuple[str, str] = OWNER) -> dict[str, str]:
    return {
        "From": owner[0], "To": name, "Sent At": invited(at), "Message": "", "Direction": "OUTGOING",
        "inviterProfileUrl": owner[1], "inviteeProfileUrl": url,
    }  # fmt: skip


PREAMBLE = 'Notes:\n"When exporting your connection data, you may notice that some addresses are missing."\n\n'


def connections_csv(people: list[tuple[str, str, str]]) -> str:
    header = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    lines = [f"{first},{last},{url},,,,07 Jun 2026" for first, last, url in people]
    return PREAMBLE + header + "\n".join([*lines, ",,,,,,07 Jun 2026"])


PROFILE = (
    "First Name,Last Name,Maiden Name,Address,Birth Date,Headline,Summary,Industry,Zip Code,Geo Location,"
    "Twitter Handles,Websites,Instant Messengers\n"
    "Ann,Roe,,,,SEO consultant,I help shops get found.,Marketing,,Leeds,,,\n"
)


def write_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


DAY = 86_400
START = 1_760_000_000 // 60 * 60


def some_talks() -> list[Talk]:
    return [
        Talk("2-a==", "Bo Lind", "https://www.linkedin.com/in/bo-lind", [
            Said("We help shops rank on Google. Free for a call?", START), Said("No thanks", START + DAY, mine=True),
        ]),
        Talk("2-b==", "Zoë Brandt", "https://www.linkedin.com/in/zo%C3%AB-brandt", [
            Said("We met at the Leeds fair, you asked for the\nnumber of the printer.", START + 5),
        ]),
        Talk("2-c==", "Cy Dee", "https://www.linkedin.com/in/cy", [Said("Hello Cy", START + 9, mine=True)]),
    ]  # fmt: skip
