"""What a program calls its processes, threads, values, errors and files: the window shows it as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from PySide6 import QtGui
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from rocketgui.gui.dialogs.error_dialog import ErrorDialog
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.widgets.labels import tip
from rocketgui.protocol import messages
from rocketgui.protocol.launch_spec import Script
from tests.gui.conftest import MakeWindow
from tests.gui.fake_bridge import FakeBridge
from tests.gui.script_story import MS, Told

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
NASTY = ["<b>bold</b><img src='/etc/passwd'>", "\x1b[31mred", "\u202eabc", "a\nb&lt;"]


@pytest.mark.parametrize("text", [*NASTY, "<b>x</b>\n\x1b", "one\ntwo <i>", "&lt;", "1 < 2", ""])
def test_a_tooltip_is_plain(text: str) -> None:
    given = tip(text)
    assert not HARMFUL.search(given)
    assert not QtGui.Qt.mightBeRichText(given) or "<b>" not in given.replace("<div", "")
    shown = unescape(re.sub(r"</?div[^>]*>", "", given)) if given.startswith("<div") else given
    assert shown == text.replace("\x1b", r"\x1b").replace("\u202e", r"\u202e")


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is painted by rocketgui itself."""
    texts: list[str] = []
    draw = QPainter.drawText

    def note(painter: QPainter, *args: Any) -> Any:
        texts.extend(arg for arg in args if isinstance(arg, str))
        return draw(painter, *args)

    monkeypatch.setattr(QPainter, "drawText", note)
    return texts


def story(window: MainWindow, bridge: FakeBridge, nasty: str) -> None:
    """A program whose every name is nasty."""
    window.controller.launch(Script((f"/tmp/{nasty}.py", nasty)).launch("python", own_session=True))
    told = Told(bridge)
    for number in (2, 3, 4):
        told.process(number, nasty)
        told.value(number, nasty, 1, 50)
        told.value(number, nasty, 1000 * number, 150)
        told.value(number, f"{nasty} 2", 5, 150)
        told.load(number, 50.0)
    told.process(5, nasty, 2, kind="thread")
    told.helper(6, nasty)
    bridge.say(
        messages.Activity(2, 100 * MS, "lock", f"/code/{nasty}", 12, nasty, f"lock {nasty}"),
        messages.Activity(3, 100 * MS, "join", f"/code/{nasty}", 12, nasty, "process 4712"),
        messages.Output(2, 100 * MS, "stdout", nasty),
        messages.Output(3, 100 * MS, "stderr", nasty),
        messages.Failed(4, nasty),
        messages.Ended(4, 1, None, False),
        messages.LifecycleEvent(4, "exited", 200 * MS),
        messages.Notice(nasty),
        messages.LeftOver(200 * MS, (4712, 4713), "ask"),
    )


def texts_of_model(model: QAbstractItemModel) -> Iterator[str]:
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
    for column in range(model.columnCount()):
        yield from (model.headerData(column, Qt.Orientation.Horizontal, role) for role in roles)
        for row in range(model.rowCount()):
            yield from (model.index(row, column).data(role) for role in roles)


def tips_of_model(model: QAbstractItemModel) -> Iterator[str]:
    for column in range(model.columnCount()):
        yield model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        for row in range(model.rowCount()):
            yield model.index(row, column).data(Qt.ItemDataRole.ToolTipRole)


def widgets(window: QWidget) -> list[QWidget]:
    return [window, *window.findChildren(QWidget)]


def all_texts(window: QWidget) -> Iterator[str]:
    for widget in widgets(window):
        yield from (widget.toolTip(), widget.windowTitle(), widget.accessibleName(), widget.accessibleDescription())
        if isinstance(widget, QLabel | QPushButton):
            yield widget.text()
        elif isinstance(widget, QPlainTextEdit):
            yield widget.toPlainText()
            yield widget.placeholderText()
        elif isinstance(widget, QComboBox) or (isinstance(widget, QAbstractItemView) and widget.model() is not None):
            yield from texts_of_model(widget.model())


def check(window: QWidget, nasty: str) -> None:
    for text in all_texts(window):
        assert not HARMFUL.search(str(text or "")), text
    for widget in widgets(window):
        tips = [widget.toolTip()]
        if isinstance(widget, QAbstractItemView | QComboBox) and widget.model() is not None:
            tips += tips_of_model(widget.model())
        for shown in tips:
            assert nasty not in (shown or "") or not QtGui.Qt.mightBeRichText(shown), shown
        if isinstance(widget, QLabel):
            assert widget.textFormat() is not Qt.TextFormat.AutoText, widget.text()
            assert widget.textFormat() is Qt.TextFormat.PlainText or "<img" not in widget.text()


@pytest.mark.parametrize("nasty", NASTY)
def test_a_program_with_nasty_names(
    make_window: MakeWindow, advance: Callable[[FakeBridge, int], None], painted: list[str], nasty: str
) -> None:
    window, bridge = make_window()
    window._show_script(Script((f"/tmp/{nasty}.py", nasty)), f"/tmp/{nasty}")
    advance(bridge, 2)
    story(window, bridge, nasty)
    advance(bridge, 40)
    for view in ("6", "7"):  # what is printed, and the code
        next(action for action in window.actions() if action.shortcut().toString() == view).trigger()
    for counter_view, core_view in ((0, 0), (1, 1), (2, 1)):
        window.plots.counter_views.choose(counter_view)
        window.plots.core_views.choose(core_view)
        window._words.now()
        advance(bridge, 2)
        window.grab()
    check(window, nasty)
    assert [text for text in painted if HARMFUL.search(text) or "\n" in text] == []
    shown = nasty.encode("unicode_escape").decode()
    names = [window.processes.model.index(row, 0).data() for row in range(window.processes.model.rowCount())]
    assert sum(shown in name for name in names) >= 4
    assert any(shown[:6] in text for text in painted)  # there is not room for all of it
    bridge.say(messages.RunEnded(300 * MS, "failed", 1))
    advance(bridge, 20)
    check(window, nasty)


def test_an_error_with_a_nasty_text(make_window: MakeWindow) -> None:
    window, _ = make_window()
    dialog = ErrorDialog(window, "Traceback:\n  ValueError: \x1b[31m\u202e<b>x</b>")
    check(dialog, "<b>x</b>")
    assert dialog.text.toPlainText() == "Traceback:\n  ValueError: \\x1b[31m\\u202e<b>x</b>"
