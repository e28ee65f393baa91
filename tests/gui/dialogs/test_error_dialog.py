"""What nobody caught is shown in a dialog, and the run goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import rocketgui
from rocketgui.gui.dialogs.error_dialog import ErrorReporter
from rocketgui.gui.run_controller import RunState
from rocketgui.options import Options
from rocketgui.protocol import messages
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import buttons, cut_in


@pytest.fixture
def reporter(make_window: MakeWindow) -> Iterator[ErrorReporter]:
    window, _ = make_window(Options(limit=10**12))
    before = sys.excepthook, threading.excepthook
    reporter = ErrorReporter(window)
    yield reporter
    reporter.restore()
    assert (sys.excepthook, threading.excepthook) == before


def raise_here(error: BaseException) -> None:
    """As Qt does it with what a slot raises."""
    try:
        raise error
    except BaseException as caught:
        sys.excepthook(type(caught), caught, caught.__traceback__)


def test_an_error_is_shown_and_the_run_goes_on(
    make_window: MakeWindow, advance: Advance, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    window, bridge = make_window(Options(limit=10**12))
    reporter = ErrorReporter(window)
    window.launch()
    advance(bridge, 20)
    raise_here(ZeroDivisionError("no rockets"))
    reporter.restore()
    qtbot.waitUntil(lambda: reporter.dialog is not None and reporter.dialog.isVisible())
    dialog = reporter.dialog
    assert dialog is not None
    assert not dialog.isModal()
    assert dialog.sentence.text() == "Something went wrong in rocketgui; the run goes on."
    assert dialog.text.toPlainText().splitlines()[-1] == "ZeroDivisionError: no rockets"
    assert "ZeroDivisionError: no rockets" in capsys.readouterr().err
    advance(bridge, 20)
    assert window.controller.state is RunState.RUNNING
    qtbot.waitUntil(dialog.isActiveWindow)
    QTest.keyClick(dialog, Qt.Key.Key_Space)
    assert dialog.isVisible()
    QTest.mouseClick(window.top.stop, Qt.MouseButton.LeftButton)
    assert bridge.sent[-1] is messages.Request.STOP
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_errors_that_follow_are_counted_and_copied(reporter: ErrorReporter, qtbot: QtBot) -> None:
    for number in range(4):
        raise_here(ValueError(f"number {number}"))
    qtbot.waitUntil(lambda: reporter.dialog is not None and "3 more" in reporter.dialog.sentence.text())
    dialog = reporter.dialog
    assert dialog is not None
    assert cut_in(dialog) == []
    buttons(dialog)["Copy"].click()
    copied = QGuiApplication.clipboard().text()
    for part in ("ValueError: number 0", "3 more", f"rocketgui {rocketgui.__version__}"):
        assert part in copied
    raise_here(KeyError("another"))
    qtbot.waitUntil(lambda: "Copy" in buttons(dialog))
    buttons(dialog)["Close"].click()
    assert not dialog.isVisible()


def test_what_was_shown_is_not_shown_again_but_said(reporter: ErrorReporter, qtbot: QtBot) -> None:
    raise_here(ValueError("at each frame"))
    qtbot.waitUntil(lambda: reporter.dialog is not None)
    dialog = reporter.dialog
    assert dialog is not None
    dialog.close()
    with qtbot.waitSignal(reporter.repeated) as said:
        raise_here(ValueError("at each frame"))
    assert said.args == ["The same error in rocketgui again: ValueError: at each frame"]
    assert not dialog.isVisible()
    raise_here(KeyError("another"))
    qtbot.waitUntil(lambda: reporter.dialog is not dialog)
    assert reporter.dialog is not None
    assert "another" in reporter.dialog.text.toPlainText()


def test_an_error_in_a_thread_is_shown_with_its_name(reporter: ErrorReporter, qtbot: QtBot) -> None:
    thread = threading.Thread(target=lambda: [][1], name="reader")
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: reporter.dialog is not None)
    assert reporter.dialog is not None
    lines = reporter.dialog.text.toPlainText().splitlines()
    assert (lines[0], lines[-1]) == ("In the thread reader:", "IndexError: list index out of range")


def test_without_stderr_errors_are_shown_all_the_same(
    reporter: ErrorReporter, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    raise_here(ValueError("unheard"))
    qtbot.waitUntil(lambda: reporter.dialog is not None)


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(3)])
def test_what_ends_a_program_is_passed_on(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    passed: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: passed.append(args[1]))
    monkeypatch.setattr(threading, "excepthook", lambda args: passed.append(args.exc_value))
    window, _ = make_window()
    reporter = ErrorReporter(window)
    raise_here(end)
    threading.excepthook(threading.ExceptHookArgs((type(end), end, None, None)))
    reporter.restore()
    QApplication.processEvents()
    assert passed == [end, end]
    assert reporter.dialog is None
