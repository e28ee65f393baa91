"""The controls of a program of the user's: shown, typed into, and told to the next launch.

Also tests rocketgui.gui.widgets.elided_labels and rocketgui.gui.widgets.text_field.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.program.script_controls import parse_arguments, parse_names
from rocketgui.gui.style.theme import ColourScheme
from rocketgui.options import Options
from rocketgui.protocol.launch_spec import Script
from rocketgui.protocol.variant import OTHER
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.fake_bridge import FakeBridge
from tests.gui.inspection import CONTROLS, controls, cut_texts, launched


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
