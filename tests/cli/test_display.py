"""What happens without a screen."""

from __future__ import annotations

import pytest

from rocketgui.cli import display
from tests.cli.command import run


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "no screen was found"),
        ({"DISPLAY": ":987"}, "the screen :987 that DISPLAY names does not answer"),
        ({"WAYLAND_DISPLAY": "wayland-987"}, "the screen wayland-987 that WAYLAND_DISPLAY names does not answer"),
        ({"DISPLAY": "", "WAYLAND_DISPLAY": "wayland-987"}, "WAYLAND_DISPLAY names does not answer"),
        ({"DISPLAY": ":987.0", "QT_QPA_PLATFORM": "xcb"}, "does not answer"),
        ({"DISPLAY": ":987", "QT_QPA_PLATFORM": "wayland"}, "does not answer"),
    ],
    ids=["none", "X", "Wayland", "Wayland and no X", "Qt's X", "Qt's Wayland"],
)
def test_no_screen(variables: dict[str, str], says: str) -> None:
    done = run(**variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "--headless" in done.stderr
    assert done.stderr.count("\n") == 1


def test_screens_that_need_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.missing() == ""
    monkeypatch.setenv("QT_QPA_PLATFORM", "minimal:enable_fonts")
    assert display.missing() == ""


def test_screen_of_another_machine_is_left_to_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setenv("DISPLAY", "elsewhere.example:10.0")
    assert display.missing() == ""
