"""The window and its frame are kept on the screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMargins, QRect, QSize

from rocketgui.gui.window.geometry import Geometry, fitted

FRAME = QMargins(2, 20, 2, 4)
LEAST = QSize(1120, 640)


@pytest.mark.parametrize(
    ("inner", "room", "wanted"),
    [
        # A frame around 1280 x 720 on a screen of just that size, with and without a bar above the windows.
        (QRect(2, 20, 1280, 720), QRect(0, 0, 1280, 720), QRect(2, 20, 1276, 696)),
        (QRect(0, 0, 1280, 720), QRect(0, 24, 1280, 696), QRect(2, 44, 1276, 672)),
        # Larger screens: only moved, if at all.
        (QRect(400, -4, 1280, 720), QRect(0, 0, 1920, 1080), QRect(400, 20, 1280, 720)),
        (QRect(1900, 900, 1280, 720), QRect(1920, 0, 1920, 1080), QRect(1922, 356, 1280, 720)),
        (QRect(300, 200, 1280, 720), QRect(0, 0, 1920, 1080), QRect(300, 200, 1280, 720)),
        # A smaller one than the window can bear: its title stays in sight.
        (QRect(2, 20, 1280, 720), QRect(0, 0, 800, 600), QRect(2, 20, 1120, 640)),
    ],
)
def test_where_a_window_belongs(inner: QRect, room: QRect, wanted: QRect) -> None:
    assert fitted(inner, inner.marginsAdded(FRAME), room, LEAST) == wanted


def test_without_a_frame_it_has_all_of_the_screen() -> None:
    screen = QRect(0, 0, 1280, 720)
    assert fitted(screen, screen, screen, LEAST) == screen


RECTS = st.builds(QRect, st.integers(-9999, 9999), st.integers(-9999, 9999), st.integers(1, 9999), st.integers(1, 9999))


@given(RECTS, st.booleans())
def test_a_place_can_be_written_and_read(rect: QRect, maximized: bool) -> None:
    geometry = Geometry(rect, maximized)
    assert Geometry.read(str(geometry)) == geometry


@given(st.text() | st.from_regex(r"-?\d{1,9},\d{1,9},\d{0,9},\d{0,9}(,maximized)?"))
def test_whatever_is_read_is_a_place_or_nothing(text: str) -> None:
    geometry = Geometry.read(text)
    assert geometry is None or geometry.rect.isValid()
