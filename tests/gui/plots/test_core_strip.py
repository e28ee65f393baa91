"""Which worker is on which core now."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from rocketgui.gui.plots.core_strip import is_told, occupants
from rocketgui.gui.style.theme import ColourScheme
from rocketgui.options import Options
from rocketgui.protocol import messages
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import has
from tests.model.builder import MS, Story


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_cells_of_the_cores_are_seen(make_window: MakeWindow, advance: Advance, scheme: ColourScheme) -> None:
    window, bridge = make_window(scheme=scheme)
    advance(bridge, 12)
    window.plots.refresh()
    assert has(window.plots.core_strip, window.themes.theme.colour("hover"))
    assert window.themes.theme.colour("hover") != window.themes.theme.colour("panel")


def test_the_strip_says_who_is_on_which_core(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(workers=4, limit=10**12))
    window.launch()
    advance(bridge, 30)
    run = window.controller.run
    qtbot.waitUntil(lambda: sum(map(len, occupants(run))) == 4)
    assert [[occupant.name for occupant in there] for there in occupants(run)] == [
        ["func1", "func3"],
        ["func2", "func4"],
    ]
    strip = window.plots.core_strip
    qtbot.waitUntil(lambda: "core 0: func1 (moved" in strip.toolTip())
    assert strip.accessibleDescription() == strip.toolTip()


def test_the_strip_says_that_the_system_does_not_tell() -> None:
    story = Story()
    assert is_told(story.run)
    # What a process says of itself at its end says nothing about that.
    story.tell(1, messages.ProcessLoad(MS, (3,), (None,), (0.1,), (None,), (1,), (1,), (None,), (9,), (None,)))
    assert is_told(story.run)
    story.tell(1, messages.ProcessLoad(MS, (2,), (1.0,), (0.1,), (None,), (1,), (1,), (1,), (1,), (None,)))
    assert not is_told(story.run)
