"""Raw rows and invitations of one inbox to the messages table: who wrote, which thread, what is left out.

The order of decisions: exact repeats out, drafts out, direction by the owner, the conversation of
rows without an id by the two people, sponsored rows and groups out, then invitations: each goes to
the conversation with its inviter, or becomes a thread of its own, or is left out.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from detector.errors import InputError
from detector.inbox.export import Export
from detector.inbox.joining import place_invitations
from detector.inbox.owner import Owner
from detector.inbox.people import HIDDEN_MEMBER, name_count, name_key, slug, slugs
from detector.inbox.rows import RawRows, strings
from detector.schema import KINDS, LEFT_OUT, MESSAGES, THREAD_CONSTANTS, label_of

_SPONSORED_MARKS = ("spinmail-quill-editor", "%FIRSTNAME%")
_SPONSORED_TITLE = "sponsored"


@dataclass
class Gathered:
    """The messages table of one inbox, the count of what was left out, and the first row with no label of ours."""

    messages: pd.DataFrame
    left_out: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEFT_OUT, 0))
    odd_label: tuple[str, str] | None = None


def gather(exports: Sequence[Export], owner: Owner) -> Gathered:
    """Merge the inputs of one owner into one messages table (columns of `schema.MESSAGES`)."""
    left_out = dict.fromkeys(LEFT_OUT, 0)
    left_out["assistant"] = sum(e.assistant_rows for e in exports)
    rows = _frame(exports)
    repeats = _repeats(rows)
    left_out["duplicate"] += int(repeats.sum())
    rows = rows[~repeats]
    left_out["draft"] = int(rows["draft"].sum())
    rows = rows[~rows["draft"].astype(bool)].reset_index(drop=True)
    rows = _directed(rows, owner)
    rows = _identified(rows, owner)
    sponsored = _sponsored(rows)
    left_out["sponsored"] = int(sponsored.sum())
    rows = rows[~sponsored]
    groups = _groups(rows)
    left_out["group"] = int(groups.sum())
    rows = rows[~groups].reset_index(drop=True)
    rows, invited = place_invitations(rows, exports, owner, left_out)
    messages = pd.concat([rows, invited], ignore_index=True) if len(invited) else rows
    return Gathered(_ordered(messages, owner), left_out, _odd_label(messages))


def _odd_label(rows: pd.DataFrame) -> tuple[str, str] | None:
    """The first row (file and line, text) whose label is none of the three; a scored file may have any."""
    odd = {text for text in rows["label"].unique() if text and label_of(text) is None}
    if not odd:
        return None
    first = int(np.argmax(rows["label"].isin(odd)))
    return rows["where"].iat[first], rows["label"].iat[first]


def _frame(exports: Sequence[Export]) -> pd.DataFrame:
    raw = RawRows()
    for export in exports:
        raw.extend(export.rows)
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in raw.columns.items()})
    frame["at"] = np.array(raw.columns["at"], dtype=np.int64)
    frame["draft"] = frame["draft"].astype(bool)
    frame["attachments"] = frame["attachments"].astype(bool)
    frame["own_format"] = np.repeat([bool(e.rows.own_format) for e in exports], [len(e.rows) for e in exports])
    frame["row"] = np.arange(len(frame))
    frame["former_id"] = strings([""] * len(frame), frame.index)
    return frame


def _repeats(rows: pd.DataFrame) -> np.ndarray:
    """Rows said already: same conversation, moment, sender and text (the whole row in a message CSV)."""
    close = rows.duplicated(["conversation", "at"], keep=False).to_numpy()
    found = np.zeros(len(rows), dtype=bool)
    if close.any():
        found[close] = _said_before(rows[close])
    return found


def _said_before(rows: pd.DataFrame) -> np.ndarray:
    key = rows[["conversation", "at", "text", "draft", "direction"]].copy()
    key["who"] = strings(map(name_key, rows["sender"]), rows.index)
    # two empty texts are one row only if all else is equal too (attachments, say)
    to = zip(rows["to"], rows["conversation"], strict=True)
    key["to"] = strings(("" if conversation else name_key(name) for name, conversation in to), rows.index)
    whole = rows["own_format"] | (rows["text"] == "")
    key["rest"] = (rows["kind"] + "\0" + rows["sender_url"] + "\0" + rows["raw_text"]).where(whole, "")
    return key.duplicated().to_numpy()


def _directed(rows: pd.DataFrame, owner: Owner) -> pd.DataFrame:
    """Direction where the file did not say it: sent if the sender is the owner by URL, else by name."""
    rows = rows.copy()
    rows["person"] = strings(map(slug, rows["sender_url"].tolist()), rows.index)
    rows["name"] = strings(map(name_key, rows["sender"].tolist()), rows.index)
    found = np.full(len(rows), "received", dtype=object)
    if owner.known:
        by_name = rows["name"].isin(owner.names) & (rows["name"] != "")
        sent = (rows["person"] == owner.slug) | ((rows["person"] == "") & by_name) if owner.slug else by_name
        found[sent.to_numpy()] = "sent"
    said = rows["direction"].to_numpy()
    rows["direction"] = strings(np.where(said == "", found, said), rows.index)
    return rows


def _identified(rows: pd.DataFrame, owner: Owner) -> pd.DataFrame:
    """Adds `other` (key of the other person), `others` (how many the row itself shows), and thread ids."""
    others: list[str] = []
    counts: list[int] = []
    columns = [rows[c].tolist() for c in ("direction", "person", "name", "to", "to_urls", "conversation")]
    # a loop over rows: set arithmetic on cells of several URLs; most cells are alike
    named_by = {cell: [s for s in slugs(cell) if s != owner.slug] for cell in set(columns[4])}
    for direction, person, name, to, to_urls, conversation in zip(*columns, strict=True):
        receivers = named_by[to_urls]
        if person in receivers:
            receivers = [s for s in receivers if s != person]
        if direction == "received":
            key = person or (f"name:{name}" if name else "")
            if name == HIDDEN_MEMBER and not person:
                key = ""
            others.append(key)
            extra = len(receivers) if owner.slug else max(0, len(slugs(to_urls)) - 1)
            if not to_urls:
                extra = max(0, name_count(to) - 1) if to and name_key(to) not in owner.names else 0
            counts.append(1 + extra)
        else:
            named = name_count(to)
            if receivers:
                others.append(receivers[0])
                counts.append(len(receivers))
            else:
                others.append(f"name:{name_key(to)}" if to and not conversation else "")
                counts.append(named if to and not to_urls else 1)
    rows["other"] = strings(others, rows.index)
    rows["others"] = counts
    rows = _same_names(rows)
    key = owner.slug or next(iter(sorted(owner.names)), "")
    missing = rows["conversation"] == ""
    if missing.any():
        for line in rows.loc[missing & (rows["other"] == ""), "where"][:1]:
            raise InputError(
                line, "has neither a conversation nor a person", "name the column with --column thread_id=NAME"
            )
        # without ids a group would share its rows' pair with a private talk: it gets a key of its own
        some = rows.loc[missing, ["other", "others", "to"]]
        tokens = [
            other if many < 2 else f"group\0{name_key(to)}"
            for other, many, to in zip(some["other"], some["others"], some["to"], strict=True)
        ]
        pairs = {token: _pair_id(key, token) for token in set(tokens)}
        rows.loc[missing, "conversation"] = strings((pairs[token] for token in tokens), some.index)
    return rows


def _pair_id(one: str, other: str) -> str:
    """The id of a conversation that has none: a short hash of the two people, in either order."""
    people = "\0".join(sorted((one, other)))
    return "pair:" + hashlib.sha256(people.encode()).hexdigest()[:12]


def _same_names(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without a URL belong to the person of that name: in the conversation, or where there is no id, anywhere."""
    known: dict[tuple[str, str], str] = {}
    columns = [rows[c].tolist() for c in ("conversation", "other", "name", "direction")]
    for (conversation, _key, name, direction), person in zip(
        zip(*columns, strict=True), rows["person"].tolist(), strict=True
    ):
        # the first slug of a name stands for later ones of the same name: people rename their address
        if person and name and direction == "received":
            known.setdefault((conversation, name), person)
    other = [
        known.get((conversation, key[5:]), key)
        if key.startswith("name:")
        else known.get((conversation, name), key)
        if key and direction == "received"
        else key
        for conversation, key, name, direction in zip(*columns, strict=True)
    ]
    rows["other"] = strings(other, rows.index)
    return rows


def _sponsored(rows: pd.DataFrame) -> np.ndarray:
    """Rows of a sender without URL whose content or conversation title bears a campaign's mark."""
    found = np.zeros(len(rows), dtype=bool)
    no_url = np.array([not url.strip() for url in rows["sender_url"].tolist()], dtype=bool)
    no_url &= ((rows["direction"] == "received") & ~rows["own_format"]).to_numpy()
    some = rows.loc[no_url, ["conversation", "name", "title", "raw_text"]]
    marked = [
        _SPONSORED_TITLE in title.lower() or any(mark in text for mark in _SPONSORED_MARKS)
        for title, text in zip(some["title"], some["raw_text"], strict=True)
    ]
    pairs = list(zip(some["conversation"], some["name"], strict=True))
    campaigns = set(itertools.compress(pairs, marked))
    found[no_url] = [pair in campaigns for pair in pairs]
    return found


def _groups(rows: pd.DataFrame) -> np.ndarray:
    """Rows of conversations with more than one other person."""
    pairs = rows.loc[rows["other"] != "", ["conversation", "other"]].drop_duplicates()["conversation"]
    groups = {*pairs[pairs.duplicated()], *rows.loc[rows["others"] > 1, "conversation"]}
    if not groups:
        return np.zeros(len(rows), dtype=bool)
    return rows["conversation"].isin(groups).to_numpy()


def _ordered(rows: pd.DataFrame, owner: Owner) -> pd.DataFrame:
    """Sorted by thread and time, numbered, with the columns of `schema.MESSAGES`.

    Equal times: a message CSV keeps its own order; elsewhere, where the order of rows means
    nothing, the invitation stands first and the rest is ordered by direction and text.
    """
    rows = rows.copy()
    own = rows["own_format"].to_numpy(dtype=bool)
    ranks = {kind: i for i, kind in enumerate(KINDS)}
    rows["rank"] = np.where(own, 0, [ranks.get(kind, 1) for kind in rows["kind"].tolist()])
    rows["place"] = rows["row"].where(own, 0)
    unknown = rows["at"] == np.iinfo("int64").min
    rows["moment"] = rows["at"].where(~unknown, np.iinfo("int64").max)
    if own.any() and unknown.any():
        # a message CSV without times keeps the file's order
        timeless = rows.groupby("conversation")["at"].transform("max") == np.iinfo("int64").min
        rows.loc[timeless, "moment"] = 0
    order = ["conversation", "moment", "rank", "place"]
    alike = rows.duplicated(order, keep=False).to_numpy() & ~own
    if alike.any():
        order.append("tie")
        rows["tie"] = (rows["direction"] + "\0" + rows["text"]).where(alike, "")
    rows = rows.sort_values(order, kind="stable", ignore_index=True)
    messages = pd.DataFrame(index=rows.index)
    messages["thread_id"] = rows["conversation"]
    messages["number"] = (rows.groupby("conversation", sort=False).cumcount() + 1).astype("int64")
    messages["sent_at"] = pd.to_datetime(rows["at"].to_numpy(dtype="int64").view("M8[us]")).tz_localize("UTC")
    for column in ("direction", "kind", "sender", "sender_url", "text", "subject"):
        messages[column] = rows[column]
    messages["attachments"] = rows["attachments"].astype(bool)
    messages["former_id"] = rows["former_id"]
    for column in THREAD_CONSTANTS:
        messages[column] = _constant(rows, column)
    recipient = messages["recipient"]
    messages["inbox"] = strings([owner.inbox] * len(rows), rows.index) if owner.known else recipient
    return messages[list(MESSAGES)]


def _constant(rows: pd.DataFrame, column: str) -> pd.Series:
    """One value a thread, from whichever row holds it. Raises InputError for two different ones."""
    there = rows[column] != ""
    if not there.any():
        return rows[column]
    filled = rows.loc[there, ["conversation", column]].drop_duplicates()
    twice = filled[filled["conversation"].duplicated()]
    if len(twice) and column in ("label", "recipient_headline", "recipient_services"):
        thread = twice["conversation"].iloc[0]
        mine = filled.index[filled["conversation"] == thread][:2]
        values = filled.loc[mine, column].tolist()
        where = rows.at[mine[-1], "where"]
        what = {"label": "labels", "recipient_headline": "headlines", "recipient_services": "services"}[column]
        shown = " and ".join(f"{v:.60}" for v in values[:2])
        raise InputError(where, f"thread {thread} has two different {what} ({shown})", "keep one of them")
    unique = filled.drop_duplicates("conversation")
    first = dict(zip(unique["conversation"], unique[column], strict=True))
    return pd.Series([first.get(c, "") for c in rows["conversation"]], index=rows.index, dtype=object)
