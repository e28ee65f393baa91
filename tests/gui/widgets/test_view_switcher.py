"""The buttons that choose a view."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from rocketgui.gui.style.theme import ColourScheme
from tests.gui.conftest import MakeWindow
from tests.gui.inspection import has


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_chosen_view_shows_that_it_has_the_keyboard(make_window: MakeWindow, scheme: ColourScheme) -> None:
    window, _ = make_window(scheme=scheme)
    button = window.plots.counter_views.buttons[0]
    assert not has(button, window.themes.theme.colour("focus"))
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert has(button, window.themes.theme.colour("focus"))
