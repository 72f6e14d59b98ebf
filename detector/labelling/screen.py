"""The labelling screen: a thread, its present verdict, one key for each answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.styles import Style

from detector.errors import DetectorError
from detector.labelling.page import Line, page
from detector.labelling.session import Session, enough
from detector.model.detector import Judged
from detector.report.safe import visible
from detector.schema import LABELS

KEYS = dict(zip("123", LABELS, strict=True))

HELP = (
    "generic: would read the same with another name, company or title; nothing is sold so far.",
    "bait-and-sell: wants to sell, sign you up or get a call about it, without homework or under a pretext.",
    "genuine: did their homework and is honest about what they want, even if they sell; or you deal with each other.",
    "Judge the thread as of its latest message. In full: docs/labels.md",
    "",
    "1 2 3 label · n skip · u undo · b back · space or arrows scroll · ? this · q quit (all is saved)",
)

STYLE = Style.from_dict(
    {
        "bar": "reverse",
        "dim": "#888888",
        "genuine": "#2e9e3a bold",
        "generic": "#b8860b bold",
        "bait-and-sell": "#d03030 bold",
        "given": "bold underline",
    }
)


class Screen:
    """Runs a session on a terminal until it is quit or nothing is left to ask."""

    def __init__(self, session: Session, parts: list[Judged], says: dict[str, str], **terminal: Any) -> None:
        self.session, self.says = session, says
        self._at = [(judged, i) for judged in parts for i in range(len(judged.threads))]
        self._top = 0
        self._help = False
        self._said = ""
        self._error: DetectorError | None = None
        self.app: Application[None] = Application(
            Layout(
                HSplit(
                    [
                        Window(FormattedTextControl(self._head), height=1, style="class:bar"),
                        Window(FormattedTextControl(self._body), wrap_lines=False),
                        Window(FormattedTextControl(self._foot), height=2),
                    ]
                )
            ),
            key_bindings=self._keys(),
            full_screen=True,
            style=STYLE,
            **terminal,
        )

    def run(self) -> None:
        """Ask until the end. Raises what went wrong with the labels file, the screen restored."""
        self.app.run()
        if self._error:
            raise self._error

    def _size(self) -> tuple[int, int]:
        size = self.app.output.get_size()
        return max(size.columns - 1, 20), max(size.rows - 3, 3)

    def _head(self) -> StyleAndTextTuples:
        counts = self.session.counts()
        given = sum(counts[label] for label in LABELS)
        shares = ", ".join(f"{counts[label]} {label}" for label in LABELS)
        return [("", f" {given} labelled ({shares}), {counts['skipped']} skipped, {self.session.left()} left ")]

    def _lines(self) -> list[Line]:
        width, _rows = self._size()
        if self._help:
            return [[("", line)] for line in HELP]
        if self.session.position is None:
            if self.session.reviewing:
                return [[("", "These were all your labels. q quits, b goes back.")]]
            return [[("", "Nothing is left to ask about. q quits, b goes back.")]]
        judged, index = self._at[self.session.position]
        return page(judged, index, width, self.says)

    def _body(self) -> StyleAndTextTuples:
        lines = self._lines()
        _width, rows = self._size()
        self._top = max(min(self._top, len(lines) - rows), 0)
        shown = lines[self._top : self._top + rows]
        more = len(lines) - self._top - rows
        if more > 0:
            shown = [*shown[:-1], [("class:dim", f"… {more + 1} more lines: space")]]
        found: StyleAndTextTuples = []
        for line in shown:
            found += [(_style(style), text) for style, text in line]
            found.append(("", "\n"))
        return found

    def _foot(self) -> StyleAndTextTuples:
        row = self.session.row
        given = f" yours: {row.label or 'skipped'} " if row else ""
        counts = self.session.counts()
        number = sum(counts[label] for label in LABELS)
        hint = self._said or enough(number)
        keys: StyleAndTextTuples = [
            ("", "[1] "),
            ("class:generic", "generic"),
            ("", "  [2] "),
            ("class:bait-and-sell", "bait-and-sell"),
        ]
        keys += [("", "  [3] "), ("class:genuine", "genuine"), ("", "  [n]skip [u]ndo [b]ack [?] [q]uit")]
        return [("class:given", given), ("class:dim", f" {visible(hint)}"), ("", "\n"), *keys]

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        for key, label in KEYS.items():
            keys.add(key)(self._answer(partial(self.session.label, label)))
        keys.add("n")(self._answer(self.session.skip))
        keys.add("b")(self._answer(self.session.back))
        keys.add("u")(self._answer(self._undo))
        for key, step in (("down", 1), ("up", -1), ("pagedown", 10), ("pageup", -10), (" ", 10)):
            keys.add(key)(self._scroll(step))
        keys.add("?")(self._toggle)
        keys.add("q")(lambda event: event.app.exit())
        keys.add("c-c")(lambda event: event.app.exit(exception=KeyboardInterrupt()))
        keys.add("c-d")(lambda event: event.app.exit())
        return keys

    def _undo(self) -> None:
        self._said = "taken back" if self.session.undo() else "nothing to take back"

    def _answer(self, act: Callable[[], object]) -> Callable[[KeyPressEvent], None]:
        def pressed(event: KeyPressEvent) -> None:
            if self._help:
                self._help = False
                return
            self._said, self._top = "", 0
            try:
                act()
            except DetectorError as error:  # the file cannot be written, or was edited into something unreadable
                self._error = error
                event.app.exit()

        return pressed

    def _scroll(self, step: int) -> Callable[[KeyPressEvent], None]:
        def pressed(event: KeyPressEvent) -> None:
            self._top = max(self._top + step, 0)

        return pressed

    def _toggle(self, event: KeyPressEvent) -> None:
        self._help, self._top = not self._help, 0


def _style(style: str) -> str:
    return "class:dim" if style == "dim" else style
