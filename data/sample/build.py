"""Builds the sample export, a made-up LinkedIn archive, from threads.txt and owner.toml.

Run `python data/sample/build.py`. The same texts give the same bytes: nothing is drawn by chance
and every member of the ZIP bears one date. The notation is described at the top of threads.txt.
"""

from __future__ import annotations

import base64
import csv
import io
import re
import tomllib
import uuid
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MESSAGES = (
    "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER,"
    "ATTACHMENTS,IS MESSAGE DRAFT"
)
HEADERS = {
    "messages.csv": MESSAGES,
    "guide_messages.csv": MESSAGES.removesuffix(",ATTACHMENTS,IS MESSAGE DRAFT"),
    "Invitations.csv": "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl",
    "Connections.csv": "First Name,Last Name,URL,Email Address,Company,Position,Connected On",
    "Profile.csv": "First Name,Last Name,Maiden Name,Address,Birth Date,Headline,Summary,Industry,Zip Code,"
    "Geo Location,Twitter Handles,Websites,Instant Messengers",
    "Profile Summary.csv": "Profile Summary",
    "Positions.csv": "Company Name,Title,Description,Location,Started On,Finished On",
    "Education.csv": "School Name,Start Date,End Date,Notes,Degree Name,Activities",
    "Skills.csv": "Name",
    "Recommendations_Received.csv": "First Name,Last Name,Company,Job Title,Text,Creation Date,Status",
    "Endorsement_Received_Info.csv": "Endorsement Date,Skill Name,Endorser First Name,Endorser Last Name,"
    "Endorser Public Url,Endorsement Status",
    "Services Marketplace/Providers.csv": "Creation Time,Marketplace Type,Secondary Service Category,"
    "Available to Work Remotely,Status",
    "Registration.csv": "Registered At,Registration Ip,Subscription Types",
}
PREAMBLE = (
    'Notes:\n"When exporting your connection data, you may notice that some of the email addresses are missing. '
    "You will only see email addresses for connections who have allowed their connections to see or download their "
    'email address using this setting."\n\n'
)
SAID = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) ([+-]=?|[<>~])([2-9]?)(?: (.*))?")
FIELD = re.compile(r"(connected|also|title|subject|folder): (.*)")
Person = tuple[str, str]


@dataclass
class Said:
    """One entry of a thread: its time, its mark, which member of a group wrote, text and attachments."""

    at: datetime
    mark: str
    who: int
    lines: list[str]
    attached: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text without the blank lines that end it."""
        return "\n".join(self.lines).strip("\n")

    @property
    def mine(self) -> bool:
        """Whether the owner wrote it."""
        return self.mark[0] in ">~-"


@dataclass
class Thread:
    """One block of threads.txt."""

    people: list[Person]
    meant: str
    cells: dict[str, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)


def person(cell: str) -> Person:
    """Name and address from `Name | slug`; no slug, no address."""
    name, _, slug = (part.strip() for part in cell.partition("|"))
    return name, address(slug) if slug else ""


def address(slug: str) -> str:
    """The profile address of a slug."""
    return f"https://www.linkedin.com/in/{slug}"


def read_threads(text: str) -> list[Thread]:
    """The blocks of threads.txt. Raises ValueError for a line that is none of the notation's."""
    threads: list[Thread] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line == "#" or line.startswith("# "):
            continue
        if line.startswith("== "):
            who, _, meant = line[3:].rpartition("|")
            threads.append(Thread([person(who)], meant.strip()))
        elif said := SAID.fullmatch(line):
            at, mark, who, words = said.groups()
            threads[-1].said.append(Said(datetime.fromisoformat(at), mark, int(who or 1) - 1, [words or ""]))
        elif cell := FIELD.fullmatch(line):
            if cell[1] == "also":
                threads[-1].people.append(person(cell[2]))
            else:
                threads[-1].cells[cell[1]] = cell[2]
        elif line.startswith("  attached: "):
            threads[-1].said[-1].attached.append(line.removeprefix("  attached: "))
        elif line.startswith("  ") or not line:
            if threads and threads[-1].said:
                threads[-1].said[-1].lines.append(line.strip())
        else:
            raise ValueError(f"threads.txt, line {number}: {line:.60}")
    return threads


def conversation_id(token: str) -> str:
    """An id in the shape of LinkedIn's, the same for the same token."""
    plain = f"{uuid.uuid5(uuid.NAMESPACE_URL, token)}_100"
    return "2-" + base64.b64encode(plain.encode()).decode()


def message_rows(threads: list[Thread], owner: Person) -> list[list[str]]:
    """Rows of messages.csv: the conversation with the newest activity first, its newest message first."""
    found: list[list[list[str]]] = []
    for thread in threads:
        rows, subject = [], thread.cells.get("subject", "")
        token = conversation_id("".join(url or name for name, url in thread.people) + thread.cells.get("title", ""))
        for said in thread.said:
            if said.mark in "+-":
                continue
            sender = owner if said.mine else thread.people[said.who]
            others = [p for p in (*thread.people, owner) if p != sender]
            moment = said.at.replace(second=zlib.crc32(said.text.encode()) % 60)
            rows.append([
                token, thread.cells.get("title", ""), *sender, ", ".join(name for name, _ in others),
                ",".join(url for _, url in others if url), f"{moment:%Y-%m-%d %H:%M:%S} UTC", subject, said.text,
                thread.cells.get("folder", "INBOX"), ",".join(said.attached), "Yes" if said.mark == "~" else "No",
            ])  # fmt: skip
            subject = ""
        if rows:
            found.append(rows[::-1])
    found.sort(key=lambda rows: rows[0][6], reverse=True)
    return [row for rows in found for row in rows]


def invitation_rows(threads: list[Thread], owner: Person) -> list[list[str]]:
    """Rows of Invitations.csv, newest first."""
    found: list[tuple[datetime, list[str]]] = []
    for thread in threads:
        for said in thread.said:
            if said.mark[0] in "+-":
                sender, receiver = (owner, thread.people[0]) if said.mine else (thread.people[0], owner)
                at = said.at
                moment = f"{at.month}/{at.day}/{at:%y}, {at.hour % 12 or 12}:{at:%M} {'AM' if at.hour < 12 else 'PM'}"
                direction = "OUTGOING" if said.mine else "INCOMING"
                found.append((at, [sender[0], receiver[0], moment, said.text, direction, sender[1], receiver[1]]))
    return [row for _, row in sorted(found, key=lambda pair: pair[0], reverse=True)]


def connection_rows(threads: list[Thread], listed: dict[str, Any]) -> list[list[str]]:
    """Rows of Connections.csv, newest first, with date-only rows for members who are hidden."""
    found = [(day, [""] * 6) for day in listed["hidden"]]
    found += [(day, [first, last, address(slug), *rest]) for first, last, slug, *rest, day in listed["people"]]
    for thread in threads:
        if "connected" in thread.cells:
            day, company, position = (part.strip() for part in thread.cells["connected"].split("|"))
            (name, url), *_ = thread.people
            first, _, last = name.partition(" ")
            found.append((day, [first, last, url, "", company, position]))
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [[*row, day_of(day)] for day, row in found]


def day_of(iso: str) -> str:
    """A day as Connections.csv writes it, in any locale: 07 Jun 2026."""
    day = date.fromisoformat(iso)
    return f"{day.day:02} {'JanFebMarAprMayJunJulAugSepOctNovDec'[day.month * 3 - 3 : day.month * 3]} {day.year}"


def assistant_rows(chat: list[list[Any]], owner: Person) -> list[list[str]]:
    """Rows of guide_messages.csv, newest first."""
    guide, token, rows = ("LinkedIn Assistant", ""), conversation_id("assistant"), []
    for at, mine, text in reversed(chat):
        sender, receiver = (owner, guide) if mine else (guide, owner)
        rows.append([token, "", *sender, *receiver, at, "", text, "INBOX"])
    return rows


def members(threads: list[Thread], known: dict[str, Any]) -> dict[str, list[list[str]]]:
    """Every file of the export, its rows without the header."""
    owner = (known["owner"]["name"], address(known["owner"]["slug"]))
    profile = known["profile"]
    first, _, last = owner[0].partition(" ")
    summary = profile["summary"].strip()
    since = f"{profile['services_since']} 10:14:08 UTC"
    return {
        "messages.csv": message_rows(threads, owner),
        "guide_messages.csv": assistant_rows(profile["assistant"], owner),
        "Invitations.csv": invitation_rows(threads, owner),
        "Connections.csv": connection_rows(threads, known["connections"]),
        "Profile.csv": [[
            first, last, "", "", "", profile["headline"], summary, profile["industry"], profile["zip"], profile["geo"],
            "", profile["website"], "",
        ]],
        "Profile Summary.csv": [[summary]],
        "Positions.csv": profile["positions"],
        "Education.csv": profile["education"],
        "Skills.csv": [[skill] for skill in profile["skills"]],
        "Recommendations_Received.csv": [[*row, "VISIBLE"] for row in profile["recommendations"]],
        "Endorsement_Received_Info.csv": [
            [*row[:4], address(row[4]).removeprefix("https://"), "ACCEPTED"] for row in profile["endorsements"]
        ],
        "Services Marketplace/Providers.csv": [
            [since, "SERVICE_MARKETPLACE", ", ".join(profile["services"]), "true", "ACTIVE"]
        ],
        "Registration.csv": [[profile["registered"], "", ""]],
    }  # fmt: skip


def to_csv(name: str, rows: list[list[str]]) -> str:
    """One file of the export: UTF-8 text with LF line ends."""
    out = io.StringIO()
    out.write(PREAMBLE if name == "Connections.csv" else "")
    csv.writer(out, lineterminator="\n").writerows([HEADERS[name].split(","), *rows])
    return out.getvalue().removesuffix("\n") if name == "Connections.csv" else out.getvalue()


def build(target: Path | None = None) -> Path:
    """Write the export (by default beside this file) and return its path."""
    threads = read_threads((HERE / "threads.txt").read_text(encoding="utf-8"))
    known = tomllib.loads((HERE / "owner.toml").read_text(encoding="utf-8"))
    day: date = known["owner"]["export"]
    target = target or HERE / f"Basic_LinkedInDataExport_{day:%m-%d-%Y}.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name, rows in members(threads, known).items():
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            # stored, not packed: zlib's builds differ in the bytes they make
            archive.writestr(entry, to_csv(name, rows))
    return target


if __name__ == "__main__":
    print(build())
