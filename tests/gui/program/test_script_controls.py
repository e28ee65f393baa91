"""A program of the user's in the window: opened, told its arguments, launched, shown in Code, left again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QComboBox, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from rocketgui.gui import settings
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.program.script_controls import parse_arguments, parse_names
from rocketgui.gui.run_controller import RunState
from rocketgui.gui.style.theme import ColourScheme
from rocketgui.gui.view_models import script_source
from rocketgui.gui.window.presentation import Shape
from rocketgui.model.formatting import parse_limit
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.launch_spec import Launch, Script
from rocketgui.protocol.variant import OTHER
from tests.gui.conftest import SOURCE, Advance, MakeWindow
from tests.gui.fake_bridge import FakeBridge
from tests.gui.inspection import CONTROLS, controls, cut_texts, drop, launched, state


def test_the_window_shows_the_program_and_space_launches_it(
    opened: tuple[MainWindow, FakeBridge], script: Path
) -> None:
    window, bridge = opened
    assert window.windowTitle() == "two.py – rocketgui"
    assert controls(window).name.text() == "two.py"
    assert str(script) in controls(window).name.toolTip()
    assert not window.program.rocket.isVisible()
    assert window.plots.counters.hint == "Press Space to launch two.py"
    assert window.plots.counters.shown_limit is None
    QTest.keyClick(window, Qt.Key.Key_Space)
    launch = launched(bridge)
    assert launch.argv == (str(script), "--fast")
    assert (launch.watch, launch.variant, launch.own_session, launch.source) == (("rocket",), OTHER, True, None)
    assert launch.python == sys.executable


def test_what_is_typed_is_told_to_the_next_launch(opened: tuple[MainWindow, FakeBridge], script: Path) -> None:
    window, bridge = opened
    for field, typed in ((controls(window).arguments, "--name 'a b' 3"), (controls(window).watch, "x, mod.y  f:z x")):
        field.field.setFocus()
        field.field.setText(typed)
        QTest.keyClick(field.field, Qt.Key.Key_Return)
        assert field.error == ""
    # Space belongs to a field that has the focus, but Enter gave it back.
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert launched(bridge).argv == (str(script), "--name", "a b", "3")
    assert launched(bridge).watch == ("x", "mod.y", "f:z")


def test_a_launch_takes_over_what_was_not_confirmed(opened: tuple[MainWindow, FakeBridge], script: Path) -> None:
    window, bridge = opened
    field = controls(window).arguments.field
    field.setFocus()
    field.setText("--slow")
    window.top.launch.click()
    assert launched(bridge).argv == (str(script), "--slow")


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("arguments", "--name 'a b", "A quotation mark is not closed."),
        ("arguments", "a \\", "A backslash stands at the end."),
        ("watch", "rocket 3x", "“3x” is no value: type NAME, module.NAME or function:local."),
        ("watch", "a.", "“a.” is no value: type NAME, module.NAME or function:local."),
        ("watch", "x" * 40 + "!", "“xxxxxxxxxxxxxxx…” is no value: type NAME, module.NAME or function:local."),
    ],
)
def test_a_wrong_entry_is_refused_in_one_sentence_and_nothing_is_launched(
    opened: tuple[MainWindow, FakeBridge], name: str, typed: str, sentence: str
) -> None:
    window, bridge = opened
    entry = controls(window).arguments if name == "arguments" else controls(window).watch
    before = entry.words
    entry.field.setFocus()
    entry.field.setText(typed)
    QTest.keyClick(entry.field, Qt.Key.Key_Return)
    assert (entry.error, entry.words) == (sentence, before)
    assert entry.remark.heightForWidth(entry.remark.width()) <= entry.remark.height()
    window.launch()
    assert not bridge.sent
    assert entry.field.hasFocus()
    QTest.keyClick(entry.field, Qt.Key.Key_Escape)
    assert (entry.error, entry.field.text()) == ("", " ".join(before))
    window.launch()
    assert bridge.sent


def test_what_fields_understand() -> None:
    assert parse_arguments("  a  \"b c\" d'e f' # g ") == ("a", "b c", "de f", "#", "g")
    assert parse_arguments("") == ()
    assert parse_names(" ,a, b.c  , d.e:f ") == ("a", "b.c", "d.e:f")


def test_a_module(make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "fly.py").write_text("fuel = 3\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    window, bridge = make_window(Options(script=Script(("-m", "tools.fly", "3"))))
    assert window.windowTitle() == "tools.fly – rocketgui"
    assert window.output.code.text.toPlainText() == "fuel = 3\n"
    controls(window).arguments.set_words(("4",))
    controls(window).arguments.field.setText("4 5")
    window.launch()
    assert launched(bridge).argv == ("-m", "tools.fly", "4", "5")
    other, _ = make_window(Options(script=Script(("-m", "json.tool"))))
    assert "its Python finds it" in other.output.code.said.text()


def test_every_control_of_it_has_a_name_and_a_tooltip(opened: tuple[MainWindow, FakeBridge], qtbot: QtBot) -> None:
    window, _ = opened
    found = [w for w in controls(window).findChildren(QWidget) if isinstance(w, CONTROLS)]
    shown = [w for w in found if not isinstance(w.parent(), (QAbstractScrollArea, QComboBox)) and w.isVisible()]
    assert len(shown) == 4
    for control in shown:
        assert control.accessibleName()
        assert control.toolTip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert "Ctrl+B" in controls(window).back.toolTip()


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_no_text_is_cut_and_nothing_moves(
    make_window: MakeWindow, tmp_path: Path, advance: Advance, scheme: ColourScheme
) -> None:
    file = tmp_path / f"a_{'very_' * 12}long_name.py"
    file.write_text("", encoding="utf-8")
    window, bridge = make_window(Options(script=Script((str(file), *["argument"] * 20), ("x" * 80,))), scheme=scheme)
    window.resize(1280, 720)
    QApplication.processEvents()
    watched = (window.top.launch, window.program, window.plots, window.processes, window.findings, window.status_bar)
    before = [widget.geometry() for widget in watched]
    assert cut_texts(window) == []
    window.launch()
    advance(bridge, 60)
    assert cut_texts(window) == []
    assert [widget.geometry() for widget in watched] == before
    assert "…" in controls(window).name.text()
    assert window.program.parent_value.text().endswith(" = –")


def test_code_shows_the_file_as_it_is_at_each_launch(opened: tuple[MainWindow, FakeBridge], script: Path) -> None:
    window, bridge = opened
    code = window.output.code
    assert code.text.toPlainText() == SOURCE
    assert code.text.isReadOnly()
    assert not code.save.isEnabled()
    script.write_text("rocket = 1\n", encoding="utf-8")
    window.launch()
    assert code.text.toPlainText() == "rocket = 1\n"
    script.write_text("rocket = 2\n", encoding="utf-8")
    bridge.tick()
    bridge.say(messages.RunEnded(900_000_000, "finished", 0))
    bridge.tick()
    assert state(window) is RunState.FINISHED
    assert code.text.toPlainText() == "rocket = 1\n", "what ran"
    window.show_rocket()
    assert code.save.isEnabled()
    assert "def main" in code.text.toPlainText()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "two.py cannot be read: No such file or directory."),
        (b"\xff\xfe\x00", "two.py is not text in the encoding that it names, or in UTF-8."),
        (b"# coding: nonsense\n", "two.py is not text in the encoding that it names, or in UTF-8."),
        (b"#" * 2_000_001, "two.py is too long to be shown; it runs all the same."),
    ],
)
def test_a_file_that_cannot_be_shown_is_said(
    opened: tuple[MainWindow, FakeBridge], script: Path, content: bytes | None, sentence: str
) -> None:
    window, bridge = opened
    script.unlink() if content is None else script.write_bytes(content)
    window.output.views.choose(1)
    window.launch()
    assert window.output.code.text.toPlainText() == ""
    assert window.output.code.said.text() == sentence
    assert window.output.code.said.isVisible()
    assert bridge.sent, "its Python says what is wrong with it"


def test_encodings_and_folders(tmp_path: Path) -> None:
    latin = tmp_path / "latin.py"
    latin.write_bytes("# -*- coding: latin-1 -*-\nname = 'Zoë'\n".encode("latin-1"))
    assert script_source.read(Script((str(latin),)))[0].endswith("name = 'Zoë'\n")
    package = tmp_path / "package"
    package.mkdir()
    (package / "__main__.py").write_text("fuel = 1\n", encoding="utf-8")
    assert script_source.read(Script((str(package),))) == ("fuel = 1\n", "")
    assert script_source.name_of(Script((str(package),))) == "package"


def test_a_dropped_program_is_opened_and_not_launched(make_window: MakeWindow, script: Path) -> None:
    window, bridge = make_window()
    drop(window, script)
    assert window.program.script == Script((str(script),), folder=str(script.parent))
    assert window.status_bar.sentence.text() == "two.py is opened. Launch it with Space."
    assert window.status_bar.sentence.property("role") == "info"
    assert not bridge.sent
    assert window.plots.counters.hint == "Press Space to launch two.py"
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert launched(bridge).argv == (str(script),)


def test_opening_another_while_one_runs_stops_nothing(make_window: MakeWindow, advance: Advance, script: Path) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 20)
    drop(window, script)
    assert state(window) is RunState.RUNNING
    assert "once what runs has ended; Esc ends it now" in window.status_bar.sentence.text()
    advance(bridge, 20)
    assert len(bridge.sent) == 1
    QTest.keyClick(window, Qt.Key.Key_Escape)
    advance(bridge, 2)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert launched(bridge).argv == (str(script),)


def test_what_cannot_be_opened_is_said_in_one_sentence(make_window: MakeWindow, script: Path, tmp_path: Path) -> None:
    window, _ = make_window()
    other = tmp_path / "data.csv"
    other.write_text("1")
    for paths, sentence in (
        ((other,), "data.csv is no Python program: its name does not end in .py."),
        ((script, other), "Open one program at a time."),
        ((tmp_path,), f"{tmp_path.name} is no Python program: its name does not end in .py."),
        ((tmp_path / "gone.py",), f"There is no file {tmp_path / 'gone.py'}."),
    ):
        drop(window, *paths)
        assert window.status_bar.sentence.text() == sentence
        assert window.status_bar.sentence.property("role") == "error"
    window.status_bar.clear()
    drop(window, "a text")
    assert window.status_bar.sentence.property("role") == "muted"
    assert window.program.script is None


def test_a_file_can_be_dropped_anywhere(opened: tuple[MainWindow, FakeBridge]) -> None:
    window, _ = opened
    assert window.acceptDrops()
    assert [w for w in window.findChildren(QWidget) if w.acceptDrops()] == []


def test_the_dialog_opens_a_program(make_window: MakeWindow, script: Path, qtbot: QtBot) -> None:
    window, bridge = make_window()
    QTest.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = window.findChildren(QFileDialog)
    dialog.setDirectory(str(script.parent))
    dialog.selectFile(str(script))
    dialog.accept()
    assert window.program.script == Script((str(script),), folder=str(script.parent))
    assert not bridge.sent
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog))
    assert "Ctrl+O" in window.top.open.toolTip()


def test_back_to_the_rocket_program(opened: tuple[MainWindow, FakeBridge], script: Path) -> None:
    window, bridge = opened
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert window.program.script is None
    assert window.program.rocket.isVisible()
    assert window.windowTitle() == "rocketgui"
    assert window.plots.counters.hint == "Press Space to launch 2 processes"
    window.launch()
    assert launched(bridge).argv[0] == "rocket.py"


def test_what_is_opened_while_presented_has_the_size_of_the_controls(make_window: MakeWindow, script: Path) -> None:
    window, _ = make_window()
    window.presentation.show(Shape.P1080)
    window.presentation.toggle_controls()
    QApplication.processEvents()
    drop(window, script)
    workers, arguments = window.program.workers.field, controls(window).arguments.field
    assert arguments.font().pixelSize() == window.program.choices.method.font().pixelSize()
    assert workers.font().pixelSize() > arguments.font().pixelSize()
    window.presentation.show(None)
    assert arguments.font().pixelSize() == QApplication.font().pixelSize()


def test_a_lesson_and_a_sweep_are_of_the_rocket_program(opened: tuple[MainWindow, FakeBridge], script: Path) -> None:
    window, _ = opened
    shown = []
    for act in (lambda: window.open_lesson(1), lambda: drop(window, script), lambda: window.show_sweep().close()):
        act()
        shown.append((window.program.script is not None, window.lesson.step is not None))
    assert shown == [(False, True), (True, False), (False, False)]


def test_controls_of_the_rocket_program_do_not_reach_a_program_of_the_users(
    opened: tuple[MainWindow, FakeBridge], advance: Advance
) -> None:
    window, bridge = opened
    window.launch()
    advance(bridge, 5)
    window.show_rocket()
    window.program.workers.slider.setValue(5)
    window.program.limit.field.setText("7")
    window.program.limit.field.returnPressed.emit()
    assert window.program.limit.value == parse_limit("7")
    assert all(isinstance(command, Launch) for command in bridge.sent)


def test_the_python_of_a_program_is_not_remembered_for_the_rocket_program(
    qtbot: QtBot, tmp_path: Path, script: Path
) -> None:
    file = tmp_path / "settings.json"
    remembered = settings.Settings(controls={"python": "/usr/bin/env", "workers": 5})
    settings.save(file, remembered)
    options = settings.load(file).applied(Options(script=Script((str(script),)), python=sys.executable))
    assert (options.python, options.workers) == (sys.executable, 5)
    window = MainWindow(FakeBridge(), options, remember=file)
    qtbot.addWidget(window)
    assert window.program.command().python == sys.executable
    assert window.program.options.python == "/usr/bin/env"
    window.close()
    assert settings.load(file).controls["python"] == "/usr/bin/env"


@pytest.mark.parametrize(
    ("ended", "code", "shown"), [("failed", 3, "exit code 3"), ("killed", -9, "SIGKILL"), ("finished", 0, "")]
)
def test_how_it_ended_stands_beside_the_time(
    opened: tuple[MainWindow, FakeBridge], advance: Callable[[FakeBridge, int], None], ended: str, code: int, shown: str
) -> None:
    window, bridge = opened
    window.launch()
    advance(bridge, 5)
    bridge.say(messages.RunEnded(1_500_000_000, ended, code))
    advance(bridge, 1)
    assert state(window).value == ended.capitalize()
    assert window.top.time_label.text() == "  ·  ".join(["1.5 s", *filter(None, [shown])])
