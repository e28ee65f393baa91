"""A slider with a field: both show one number, and a wrong one never gets in."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.options import Options
from tests.gui.conftest import MakeWindow


@pytest.mark.parametrize("wrong", ["ten", "", "0", "-5", "1.5", "99999999999999999999", "1e400"])
def test_a_wrong_limit_is_refused_in_one_sentence(make_window: MakeWindow, qtbot: QtBot, wrong: str) -> None:
    window, _ = make_window()
    limit = window.program.limit
    limit.field.setFocus()
    limit.field.setText(wrong)
    QTest.keyClick(limit.field, Qt.Key.Key_Return)
    assert limit.error.endswith(".")
    assert limit.value == 10_000_000
    QTest.keyClick(limit.field, Qt.Key.Key_Escape)
    assert limit.error == ""
    assert limit.field.text() == "10 M"


def test_a_wrong_entry_goes_when_the_field_is_left_and_its_sentence_stays(make_window: MakeWindow) -> None:
    window, _ = make_window(Options(workers=6))
    workers, limit = window.program.workers, window.program.limit
    workers.field.setFocus()
    QTest.keyClicks(workers.field, "2.5")
    QTest.keyClick(workers.field, Qt.Key.Key_Return)
    assert workers.field.text() == "2.5"
    limit.field.setFocus()
    QTest.keyClicks(limit.field, "7000")
    assert (workers.field.text(), workers.value) == ("6", 6)
    assert workers.error.endswith(".")


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [("1e8", 10**8, "100 M"), ("50M", 50_000_000, "50 M"), ("sys.maxsize", sys.maxsize, "sys.maxsize"), ("7", 7, "7")],
)
def test_a_typed_limit_is_taken_over(make_window: MakeWindow, qtbot: QtBot, typed: str, value: int, shown: str) -> None:
    window, _ = make_window()
    limit = window.program.limit
    limit.field.setFocus()
    limit.field.setText(typed)
    QTest.keyClick(limit.field, Qt.Key.Key_Return)
    assert (limit.value, limit.field.text(), limit.error) == (value, shown, "")


def test_256_workers_can_be_typed_and_257_not(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window()
    workers = window.program.workers
    for typed, value in (("256", 256), ("257", 256)):
        workers.field.setFocus()
        workers.field.setText(typed)
        QTest.keyClick(workers.field, Qt.Key.Key_Return)
        assert workers.value == value
    assert "256" in workers.error
