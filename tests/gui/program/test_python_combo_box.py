"""The choice of the Python that runs the program."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from rocketgui import python_installations
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.program.python_combo_box import PythonComboBox, labels, search
from rocketgui.gui.style.theme import ColourScheme
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.python_installations import NoPython, PythonInstallation
from tests.gui.conftest import MakeWindow

OWN = PythonInstallation(sys.executable, tuple(sys.version_info[:3]), sys.prefix)
OTHER = PythonInstallation("/opt/some/where/far/away/python/3.13/bin/python3", (3, 13, 11), "/opt/some/where/far/away")


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Interpreters are found when this is called."""
    gate = threading.Event()

    def find() -> tuple[PythonInstallation, ...]:
        gate.wait(20)
        return OWN, OTHER

    monkeypatch.setattr(python_installations, "find", find)
    yield gate.set
    gate.set()


def texts(choice: PythonComboBox) -> list[str]:
    return [choice.itemText(index) for index in range(choice.count())]


def shown(choice: PythonComboBox) -> str:
    option = QStyleOptionComboBox()
    choice.initStyleOption(option)
    room = choice.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, choice
    )
    assert choice.fontMetrics().horizontalAdvance(option.currentText) <= room.width()
    return str(option.currentText)


def fill(window: MainWindow, go: Callable[[], None], qtbot: QtBot) -> PythonComboBox:
    choice = window.program.python
    choice.showPopup()
    go()
    qtbot.waitUntil(lambda: choice.count() == 2 and "Looking" not in choice.itemText(1))
    return choice


def test_at_first_there_is_the_own_one_and_nothing_is_started(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def must_not(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(python_installations, "find", must_not)
    monkeypatch.setattr(python_installations, "check", must_not)
    window, _ = make_window()
    choice = window.program.python
    assert choice.path == sys.executable
    assert texts(choice) == [f"{OWN} · with rocketgui"]
    assert sys.executable in choice.toolTip()
    assert shown(choice).startswith(str(OWN).removeprefix("Python "))


def test_the_others_are_looked_for_when_the_list_is_opened(
    make_window: MakeWindow, go: Callable[[], None], qtbot: QtBot
) -> None:
    window, bridge = make_window()
    choice = window.program.python
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Space)
    assert choice.view().isVisible()
    assert texts(choice)[1:] == ["Looking for others …"]
    model = choice.model()
    assert isinstance(model, QStandardItemModel)
    assert not model.item(1).isEnabled()
    go()
    qtbot.waitUntil(lambda: "3.13.11" in choice.itemText(1))
    assert choice.view().isVisible()
    assert choice.path == sys.executable
    assert choice.itemData(1, Qt.ItemDataRole.ToolTipRole) == OTHER.path
    QTest.keyClick(choice.view(), Qt.Key.Key_Down)
    QTest.keyClick(choice.view(), Qt.Key.Key_Return)
    assert choice.path == OTHER.path
    assert OTHER.path in choice.toolTip()
    assert shown(choice) == "3.13.11"
    window.launch()
    launch = bridge.sent[-1]
    assert isinstance(launch, messages.Launch)
    assert launch.python == OTHER.path
    choice.showPopup()
    assert choice.count() == 2
    choice.hidePopup()


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_the_list_is_as_wide_as_its_words(
    make_window: MakeWindow, go: Callable[[], None], qtbot: QtBot, scheme: ColourScheme
) -> None:
    window, _ = make_window(scheme=scheme)
    choice = fill(window, go, qtbot)
    view = choice.view()
    qtbot.waitUntil(lambda: view.sizeHintForColumn(0) <= view.viewport().width())
    choice.hidePopup()


def test_a_window_that_is_closed_during_the_search_is_not_missed(
    make_window: MakeWindow, go: Callable[[], None], qtbot: QtBot
) -> None:
    window, _ = make_window()
    choice = PythonComboBox(sys.executable)
    choice.showPopup()
    thread = choice.thread_of_search
    choice.deleteLater()
    qtbot.waitUntil(lambda: window.isVisible())
    go()
    assert thread is not None
    thread.join(20)
    assert not thread.is_alive()


def test_one_that_was_asked_for_by_path_is_named_by_it_until_it_is_asked(
    make_window: MakeWindow, go: Callable[[], None], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> PythonInstallation:
        raise NoPython(path)

    monkeypatch.setattr(python_installations, "check", refuse)
    window, _ = make_window(Options(python="/usr/lib/pypy/bin/pypy3"))
    choice = window.program.python
    assert texts(choice) == ["pypy3 · /usr/lib/pypy/bin"]
    choice.showPopup()
    go()
    qtbot.waitUntil(lambda: choice.count() == 3)
    choice.hidePopup()
    assert choice.path == "/usr/lib/pypy/bin/pypy3"


def test_another_name_of_the_same_installation_is_no_other_choice(go: Callable[[], None], tmp_path: Path) -> None:
    go()
    link = tmp_path / "python-by-another-name"
    link.symlink_to(sys.executable)
    found = search(str(link))
    assert str(link) == found[0].path
    assert OTHER in found
    assert len({interpreter.prefix for interpreter in found}) == len(found)


def test_two_of_the_same_version_can_be_told_apart(tmp_path: Path) -> None:
    def environment(*parts: str) -> PythonInstallation:
        prefix = tmp_path.joinpath(*parts)
        prefix.mkdir(parents=True)
        (prefix / "pyvenv.cfg").touch()
        return PythonInstallation(str(prefix / "bin" / "python"), (3, 12, 1), str(prefix))

    lonely, one, other = environment("lonely"), environment("a", ".venv"), environment("b", ".venv")
    system = PythonInstallation("/usr/bin/python3", (3, 12, 1), "/usr")
    told = labels((OWN, lonely, one, other, system), OWN.path)
    assert told[0] == f"{OWN} · with rocketgui"
    assert told[1] == "Python 3.12.1 · lonely"
    assert told[4] == "Python 3.12.1 · /usr/bin"
    assert len(set(told)) == 5


def test_it_is_a_choice_like_the_others(make_window: MakeWindow) -> None:
    window, _ = make_window()
    assert isinstance(window.program.python, QComboBox)
    assert window.program.python.accessibleName() == "Python"
    assert window.program.python.geometry().right() <= window.program.contentsRect().right()


def test_a_python_that_answers_late_keeps_nobody_waiting(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, tmp_path: Path
) -> None:
    """What it can do is offered once it has said what it is."""
    gate = threading.Event()
    path = str(tmp_path / "python")

    def answer(path: str) -> PythonInstallation:
        gate.wait(20)
        return PythonInstallation(path, (3, 14, 0), "/opt")

    monkeypatch.setattr(python_installations, "check", answer)
    window, _ = make_window(Options(python=path))
    python = window.program.python
    known = python.interpreter
    assert known is None
    assert "being asked" in python.toolTip()
    gate.set()
    with qtbot.waitSignal(python.chosen):
        pass
    assert getattr(python.interpreter, "version", None) == (3, 14, 0)
    assert "being asked" not in python.toolTip()
    assert python.thread_of_question is not None
    python.thread_of_question.join(20)


def test_the_next_best_python_is_taken_where_the_first_is_none(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    def refuse(path: str) -> PythonInstallation:
        raise NoPython(path)

    monkeypatch.setattr(python_installations, "check", refuse)
    python = PythonComboBox("/no/python/of/this/test", (sys.executable,))
    qtbot.addWidget(python)
    qtbot.waitUntil(lambda: python.path == sys.executable)
    assert python.currentText() == f"{OWN} · with rocketgui"
