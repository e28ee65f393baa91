"""The program that runs: shown, copied and saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.run_controller import RunState
from rocketgui.options import Options
from rocketgui.programs import source
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import SOURCE, MakeWindow
from tests.gui.fake_bridge import FakeBridge
from tests.gui.inspection import state
from tests.gui.program.test_variant_controls import choose
from tests.helpers import LONGEST, clean


def test_code_is_what_is_launched(make_window: MakeWindow) -> None:
    window, bridge = make_window(Options(workers=3, limit=5_000, variant=Variant(start_method="spawn")))
    choose(window.program.choices.variable, "unlocked")
    shown = window.output.code.text.toPlainText()
    assert shown == source(Variant(variable="unlocked", start_method="spawn"), 3, 5_000)
    window.launch()
    launch = bridge.sent[-1]
    assert isinstance(launch, messages.Launch)
    assert launch.source == shown


def test_code_of_a_lesson(make_window: MakeWindow) -> None:
    window, _ = make_window(Options(lesson=9))
    assert "sys.maxint" in window.output.code.text.toPlainText()
    window.lesson.leave.click()
    assert "sys.maxint" not in window.output.code.text.toPlainText()


def test_copied_and_saved_it_runs(make_window: MakeWindow, tmp_path: Path) -> None:
    window, _ = make_window(Options(workers=2, limit=1_000))
    code = window.output.code
    window.output.views.choose(1)
    code.copy.click()
    assert QGuiApplication.clipboard().text() == code.text.toPlainText()
    path = tmp_path / "mine.py"
    code.save_as(path)
    assert code.said.text() == "Saved. Run it: python mine.py"
    done = subprocess.run(
        [sys.executable, str(path)], env=clean(), capture_output=True, text=True, timeout=LONGEST, check=True
    )
    assert sorted(done.stdout.splitlines())[-1] == "start func2"


def test_where_it_cannot_be_saved(make_window: MakeWindow, tmp_path: Path) -> None:
    window, _ = make_window()
    window.output.code.save_as(tmp_path / "no such folder" / "mine.py")
    assert window.output.code.said.text() == "mine.py could not be saved: No such file or directory."


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
    window.program.show_rocket()
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
