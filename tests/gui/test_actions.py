"""The actions of the window and their keys."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
)

from tests.gui.conftest import MakeWindow


def test_no_two_actions_have_one_key(make_window: MakeWindow) -> None:
    window, _ = make_window()
    keys = [action.shortcut().toString() for action in window.actions()]
    assert len(keys) == len(set(keys))
    assert "" not in keys
    assert all(action.text() for action in window.actions())


def test_every_tooltip_of_an_action_names_its_key(make_window: MakeWindow) -> None:
    window, _ = make_window()
    tips = "\n".join(button.toolTip() for button in window.findChildren(QAbstractButton))
    unnamed = [
        action.text()
        for action in window.actions()
        if action.shortcut().toString(QKeySequence.SequenceFormat.NativeText) not in tips
    ]
    # These have no button: the mouse does the same in the plots, and menus show their own keys.
    assert {text for text in unnamed if not text.startswith("Values") and "time" not in text} <= {
        "Zoom in", "Zoom out", "Follow the run again", "Controls, while presented", "Choose how to present",
        "Next step of the lesson", "Step before", "Back to the rocket program",
    }  # fmt: skip


def test_every_button_says_its_key(make_window: MakeWindow) -> None:
    window, _ = make_window()
    for button, key in ((window.top.launch, "Space"), (window.top.pause, "Space"), (window.top.stop, "Esc")):
        assert key in button.toolTip()
