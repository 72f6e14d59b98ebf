"""Message content to the plain text that is read, matched and quoted."""

from __future__ import annotations

import html
import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCK = re.compile(r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|table|blockquote|section|article)\b[^<>]*>", re.IGNORECASE)
_INLINE = re.compile(
    r"</?(?:a|b|i|u|em|strong|span|font|small|sup|sub|img|code|pre|s|strike|td|th|tbody|thead|hr|center|html|head|"
    r"body|meta|link)\b[^<>]*>",
    re.IGNORECASE,
)
_SILENT = re.compile(r"<(script|style)\b[^<>]*>|<!--", re.IGNORECASE)
_SILENT_END = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
    "": re.compile("-->"),
}
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BREAK = re.compile(r"\r\n?|\u2028|\u2029")
_MANY_BREAKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_BLANK = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff\ufffc]*")


def clean(content: str) -> str:
    """Plain text of one CONTENT cell: HTML tags out, entities decoded, line ends LF, ends trimmed.

    Only known tags are taken for HTML, so `<3` and `a < b` stay. Text of zero-width characters
    alone is no text.

    >>> clean("<p>Hi Ann &amp; co,</p><p>two < three</p>")
    'Hi Ann & co,\\n\\ntwo < three'
    """
    text = content
    if "<" in text and ">" in text:
        text = _without_silent(text)
        tagged = _BLOCK.sub("\n", text)
        if tagged != text:
            tagged = _MANY_BREAKS.sub("\n\n", tagged)
        text = _INLINE.sub("", tagged)
    if "&" in text:
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    if "\r" in text or "\u2028" in text or "\u2029" in text:
        text = _BREAK.sub("\n", text)
    text = text.strip()
    return "" if _BLANK.fullmatch(text) else text


def _without_silent(text: str) -> str:
    """Scripts, styles and comments out; one that never closes stays as text. Linear in the text."""
    kept, at = [], 0
    hopeless: set[str] = set()
    for opening in _SILENT.finditer(text):
        name = (opening[1] or "").lower()
        if opening.start() < at or name in hopeless:
            continue
        closing = _SILENT_END[name].search(text, opening.end())
        if closing is None:
            hopeless.add(name)
            continue
        kept.append(text[at : opening.start()])
        at = closing.end()
    return "".join(kept) + text[at:]


def whole(text: str) -> str:
    """Text without lone surrogates, which no UTF-8 can hold; as many code points as before.

    >>> whole("a\\ud800b") == "a\\ufffdb"
    True
    """
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
