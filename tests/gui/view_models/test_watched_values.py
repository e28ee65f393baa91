"""The names of watched values, in little room."""

from __future__ import annotations

from rocketgui.gui.view_models.watched_values import shortened


def test_names_are_shortened_in_their_middle() -> None:
    assert shortened("ForkPoolWorker-1", 12) == "ForkPool…r-1"
    assert shortened("rocket", 12) == "rocket"
