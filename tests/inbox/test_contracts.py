"""Received threads, ids and what is left out, as the contract words them."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import InputError, UsageError
from detector.inbox import Inbox, load_profile, read_inbox
from detector.threads import group
from tests.exports import (
    DAY,
    ERAS,
    OWNER,
    PROFILE,
    START,
    Said,
    Talk,
    connections_csv,
    incoming,
    invitations_csv,
    message_rows,
    messages_csv,
    outgoing,
    some_talks,
    to_csv,
    write_zip,
)

BO = ("Bo Lind", "https://www.linkedin.com/in/bo-lind")
CY = ("Cy Dee", "https://www.linkedin.com/in/cy")


def read(tmp_path: Path, members: dict[str, str], **options) -> Inbox:
    return read_inbox(str(write_zip(tmp_path / "export.zip", members)), **options)


def threads_of(inbox: Inbox):
    return group(inbox.messages).threads.set_index("thread_id")


def test_everything_is_accounted_for(tmp_path: Path) -> None:
    invitations = [
        incoming("Dan Moe", "https://www.linkedin.com/in/dan-moe", START, "Hi Ann, we sat together in Leeds"),
        incoming("Eva Poe", "https://www.linkedin.com/in/eva", START),
        incoming("Eva Poe", "https://www.linkedin.com/in/eva", START + DAY),
        incoming("Fay Ott", "https://www.linkedin.com/in/fay", START),
        incoming(*BO, START - 3600),
        outgoing("Gus Hay", "https://www.linkedin.com/in/gus", START),
    ]
    inbox = read(
        tmp_path,
        {
            "messages.csv": messages_csv(some_talks()),
            "Invitations.csv": invitations_csv(invitations),
            "Connections.csv": connections_csv([("Fay", "Ott", "https://www.linkedin.com/in/fay?trk=x")]),
            "Profile.csv": PROFILE,
            "guide_messages.csv": to_csv(message_rows(some_talks())[:2], ERAS["2023"]),
            "__MACOSX/._messages.csv": "rubbish",
        },
    )
    grouped = group(inbox.messages)
    assert sorted(grouped.threads["thread_id"]) == [
        "2-a==",
        "2-b==",
        "invitation:dan-moe",
        "invitation:eva",
        "invitation:eva~2",
    ]
    assert {k: v for k, v in inbox.left_out.items() if v} == {"assistant": 2, "outgoing": 1, "accepted": 1, "joined": 1}
    assert grouped.left_out == {"owner_only": 1, "no_text": 0}
    joined = grouped.threads.set_index("thread_id").loc["2-a=="]
    assert joined["kinds"] == ["invitation", "message", "message"]
    assert joined["texts"][0] == ""
    assert joined["messages"] == 1
    assert joined["former_id"] == "invitation:bo-lind"


def test_a_note_that_also_stands_as_a_message_is_one_message(tmp_path: Path) -> None:
    note = "We help shops rank on Google. Free for a call?"
    members = {
        "messages.csv": messages_csv(some_talks()),
        "Invitations.csv": invitations_csv([incoming(*BO, START - 60, note)]),
    }
    thread = threads_of(read(tmp_path, members)).loc["2-a=="]
    assert thread["texts"].count(note) == 1
    assert thread["kinds"][0] == "invitation"
    assert thread["messages"] == 1


def test_a_note_belongs_to_the_earliest_conversation_after_it(tmp_path: Path) -> None:
    talks = [
        Talk("2-old", *BO, [Said("Before", START - 9 * DAY)]),
        Talk("2-late", *BO, [Said("Much later", START + 9 * DAY)]),
        Talk("2-soon", *BO, [Said("Soon", START + DAY)]),
    ]
    members = {
        "messages.csv": messages_csv(talks),
        "Invitations.csv": invitations_csv([incoming(*BO, START, "A note")]),
        "Profile.csv": PROFILE,
    }
    inbox = read(tmp_path, members)
    threads = threads_of(inbox)
    assert threads["texts"].to_dict() == {
        "2-old": ["Before"],
        "2-late": ["Much later"],
        "2-soon": ["A note", "Soon"],
    }
    assert inbox.left_out["joined"] == 1


def test_drafts_groups_sponsored_and_repeats_are_left_out_by_reason(tmp_path: Path) -> None:
    rows = message_rows(some_talks())
    draft = dict(rows[0], **{"IS MESSAGE DRAFT": "Yes", "CONTENT": "unsent"})
    group_row = dict(
        rows[0],
        **{
            "CONVERSATION ID": "2-g",
            "RECIPIENT PROFILE URLS": f"{OWNER[1]},{CY[1]}",
            "TO": "Ann Roe, Cy Dee",
            "CONTENT": "all",
        },
    )
    sponsored = dict(
        rows[0],
        **{
            "CONVERSATION ID": "2-s",
            "FROM": "LinkedIn Member",
            "SENDER PROFILE URL": "",
            "CONVERSATION TITLE": "Sponsored Conversation",
            "CONTENT": '<p class="spinmail-quill-editor__spin-break">Hi %FIRSTNAME%</p>',
        },
    )
    hidden = dict(sponsored, **{"CONVERSATION ID": "2-h", "CONVERSATION TITLE": "", "CONTENT": "I left the firm"})
    text = to_csv([*rows, draft, group_row, sponsored, hidden, rows[0]], ERAS["2026"])
    inbox = read(tmp_path, {"messages.csv": text})
    assert {k: v for k, v in inbox.left_out.items() if v} == {"draft": 1, "group": 1, "sponsored": 1, "duplicate": 1}
    assert sorted(threads_of(inbox).index) == ["2-a==", "2-b==", "2-h"]


def test_two_parts_of_one_delivery_are_one_inbox(tmp_path: Path) -> None:
    first = write_zip(tmp_path / "part1.zip", {"Profile.csv": PROFILE, "Skills.csv": "Name\nSEO\n"})
    second = write_zip(
        tmp_path / "part2.zip",
        {"messages.csv": messages_csv(some_talks()), "Connections.csv": connections_csv([("Bo", "Lind", BO[1])])},
    )
    inbox = read_inbox([str(first), str(second)])
    assert inbox.owner.slug == "ann-roe"
    assert inbox.profile.headline == "SEO consultant"
    assert inbox.profile.skills == ("SEO",)
    twice = read_inbox([str(second), str(second), str(first)])
    assert len(twice.messages) == len(inbox.messages)
    assert twice.left_out["duplicate"] == 4


def test_numbered_members_copies_and_one_folder_level(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "Basic_LinkedInDataExport_10-26-2026.zip (1).zip.zip",
        {
            "Basic_LinkedInDataExport_10-26-2026/messages_1234.csv": messages_csv(some_talks()[:2]),
            "Basic_LinkedInDataExport_10-26-2026/Messages-2.csv": messages_csv(some_talks()[2:]),
            "Basic_LinkedInDataExport_10-26-2026/Profile.csv": PROFILE,
        },
    )
    assert len(read_inbox(str(path)).messages) == 4


def test_the_owner_is_found_by_invitations_then_profile_then_coverage(tmp_path: Path) -> None:
    talks = [Talk(f"2-{i}", f"P{i}", f"https://www.linkedin.com/in/p{i}", [Said("Hi", START + i)]) for i in range(3)]
    assert read(tmp_path, {"messages.csv": messages_csv(talks)}).owner.slug == "ann-roe"
    lone = [Talk("2-x", *BO, [Said("Hi", START), Said("Ho", START + 1, mine=True)])]
    with pytest.raises(InputError, match="--owner"):
        read(tmp_path, {"messages.csv": messages_csv(lone)})
    assert read(tmp_path, {"messages.csv": messages_csv(lone), "Profile.csv": PROFILE}).owner.slug == "ann-roe"
    asked = read(tmp_path, {"messages.csv": messages_csv(lone)}, owner="LinkedIn.com/in/Bo-Lind/?x=1")
    assert asked.owner.slug == "bo-lind"
    by_name = read(tmp_path, {"messages.csv": messages_csv(lone)}, owner="ann roe")
    assert by_name.owner.slug == "ann-roe"
    with pytest.raises(UsageError, match="nobody"):
        read(tmp_path, {"messages.csv": messages_csv(lone)}, owner="Zed Zork")


def test_html_and_entities_become_plain_text(tmp_path: Path) -> None:
    said = "<p>Hi Ann &amp; co,</p><ul><li>one</li><li>two &lt;3</li></ul><script>alert(1)</script>"
    talks = [*some_talks(), Talk("2-d", "Dee", "https://www.linkedin.com/in/dee", [Said(said, START)])]
    thread = threads_of(read(tmp_path, {"messages.csv": messages_csv(talks)})).loc["2-d"]
    assert thread["texts"] == ["Hi Ann & co,\n\none\n\ntwo <3"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "phantombuster",
            "threadUrl,linkedInUrls,message,lastMessageFromUrl,firstnameFrom,lastnameFrom,isLastMessageFromMe,"
            "lastMessageDate,timestamp\n"
            "https://www.linkedin.com/messaging/thread/2-a,https://www.linkedin.com/in/bo,We sell,"
            "https://www.linkedin.com/in/bo,Bo,Lind,FALSE,2025-03-04T10:00:00.000Z,2026-01-01T00:00:00.000Z\n"
            "https://www.linkedin.com/messaging/thread/2-b,https://www.linkedin.com/in/cy,Mine,"
            "https://www.linkedin.com/in/ann,Ann,Roe,TRUE,2025-03-05T10:00:00.000Z,2026-01-01T00:00:00.000Z\n",
            [("Bo Lind", "2025-03-04", ["We sell"])],
        ),
        (
            "unipile",
            "id,chat_id,account_id,text,sender_id,timestamp,is_sender\n"
            "m1,c1,acc,Hello,ACoAAbo,2025-03-04T10:00:00.000Z,0\nm2,c1,acc,Hi back,ACoAAann,2025-03-04T11:00:00.000Z,1\n",
            [("", "2025-03-04", ["Hello", "Hi back"])],
        ),
        (
            "kondo",
            "contact_first_name,contact_last_name,contact_linkedin_url,conversation_latest_content,"
            "conversation_latest_timestamp,conversation_status,kondo_url\n"
            "Bo,Lind,https://www.linkedin.com/in/bo,We sell,2025-03-04T10:00:00Z,waiting_for_my_reply,k1\n"
            "Cy,Dee,https://www.linkedin.com/in/cy,Mine,2025-03-04T10:00:00Z,waiting_for_their_reply,k2\n",
            [("Bo Lind", "2025-03-04", ["We sell"])],
        ),
        (
            "heyreach",
            "conversation_id,full_name,profile_url,message,creation_time,is_reply\n"
            "h1,Bo Lind,https://www.linkedin.com/in/bo,Mine,2025-03-03T10:00:00Z,false\n"
            "h1,Bo Lind,https://www.linkedin.com/in/bo,Theirs,2025-03-04T10:00:00Z,true\n",
            [("Bo Lind", "2025-03-04", ["Mine", "Theirs"])],
        ),
        (
            "lemlist",
            "_id,conversationId,sender,recipient,body,sentAt\n"
            "1,a,Bo Lind,Ann Roe,Hello,2025-03-04\n2,b,Ann Roe,Cy Dee,Mine,2025-03-04\n3,b,Cy Dee,Ann Roe,Yes,2025-03-05\n",
            [("Bo Lind", "2025-03-04", ["Hello"]), ("Cy Dee", "2025-03-05", ["Mine", "Yes"])],
        ),
    ],
)
def test_other_tools_files_are_read_by_their_column_names(tmp_path: Path, name: str, text: str, expected: list) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text(text)
    threads = group(read_inbox(str(path)).messages).threads
    got = [(r.sender, str(r.first_at)[:10], r.texts) for r in threads.itertuples()]
    assert sorted(got) == sorted(expected)


def test_a_file_of_sent_messages_only_has_no_received_thread(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(
        "sent_at,name,role,profile_url,message\n2025-01-01,Bo,CEO,https://www.linkedin.com/in/bo,Hello Bo\n"
    )
    grouped = group(read_inbox(str(path)).messages)
    assert len(grouped.threads) == 0
    assert grouped.left_out["owner_only"] == 1


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("who,what,dir\nBo,Hello,received\n")
    inbox = read_inbox(str(path), columns={"sender": "Who", "text": "what", "direction": "dir"})
    assert inbox.messages["text"].tolist() == ["Hello"]
    with pytest.raises(InputError, match="its columns are"):
        read_inbox(str(path), columns={"text": "Body"})


def test_parquet_reads_like_csv(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame(message_rows(some_talks()))
    path = tmp_path / "messages.parquet"
    frame.to_parquet(path)
    csv = tmp_path / "messages.csv"
    csv.write_text(messages_csv(some_talks()))
    assert read_inbox(str(path)).messages.equals(read_inbox(str(csv)).messages)


def test_a_profile_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "me.toml"
    path.write_text('headline = "Roofer"\nservices = ["Roofing", "Solar"]\n')
    assert load_profile(str(path)).services == ("Roofing", "Solar")
    path.write_text("headlin = 3\n")
    with pytest.raises(InputError, match="headlin"):
        load_profile(str(path))


def test_in_a_message_csv_one_empty_invitation_is_a_thread(tmp_path: Path) -> None:
    path = tmp_path / "mail.csv"
    path.write_text(
        "thread_id,sent_at,direction,kind,sender,text\n"
        "a,2026-01-01T10:00:00Z,received,invitation,Bo,\n"
        "b,2026-01-01T10:00:00+02:00,received,message,Cy,\n"
        "c,2026-01-01,sent,message,Ann,Hello\n"
    )
    grouped = group(read_inbox(str(path)).messages)
    assert grouped.threads["thread_id"].tolist() == ["a"]
    assert grouped.threads["messages"].tolist() == [0]
    assert grouped.left_out == {"owner_only": 1, "no_text": 1}
