"""Curves as a picture: in their colours, and drawn piece by piece as a whole redraw would.

Also tests rocketgui.gui.plots.curves_item.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor

from rocketgui.gui.plots.canvas import label_rect
from rocketgui.options import Options
from tests.gui.conftest import Advance, MakeWindow


@given(st.floats(-50, 900), st.floats(-50, 400), st.integers(0, 6), st.floats(60, 800), st.floats(30, 300))
def test_labels_of_runs_before_lie_in_the_picture_and_not_on_each_other(
    x: float, y: float, count: int, width: float, height: float
) -> None:
    limit = QRectF(8, 20, 70, 15)
    taken = [limit]
    for _ in range(count):
        size, picture = QSizeF(50, 14), QSizeF(width, height)
        place = label_rect(QPointF(x, y), size, picture, taken)
        if 16 * (len(taken) + 3) < height:
            assert not any(place.intersects(other) for other in taken)
        assert place.left() >= 0
        assert place.right() <= max(width, 54)
        assert place.top() >= 0
        assert place.bottom() <= height
        taken.append(place)


def distance(one: QColor, other: QColor) -> int:
    """How far apart two colours are, from 0 to 765; a line's edges are mixed with what is behind it."""
    return abs(one.red() - other.red()) + abs(one.green() - other.green()) + abs(one.blue() - other.blue())


def test_curves_are_drawn_in_their_colours(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=50_000_000))
    window.launch()
    for ticks in range(12):
        advance(bridge, 10)
        window.plots.draw()
        # From here on the curves part: they would lie on each other else.
        if ticks == 4:
            bridge.kill(3)
    image = window.plots.counters.item.canvas.image
    pixels = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    for colour in window.themes.theme.workers[:2]:
        assert min(distance(QColor(pixel), colour) for pixel in pixels) < 30, colour.name()


def test_what_was_added_is_drawn_as_a_whole_redraw_would(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=3, limit=50_000_000))
    window.launch()
    for _ in range(90):
        advance(bridge, 1)
        window.plots.draw()
    canvas = window.plots.counters.item.canvas
    piecewise = canvas.image.copy()
    canvas.invalidate()
    window.plots.draw()
    differing = sum(
        abs(piecewise.pixelColor(x, y).lightness() - canvas.image.pixelColor(x, y).lightness()) > 96
        for x in range(0, piecewise.width(), 3)
        for y in range(piecewise.height())
    )
    assert differing < 0.004 * piecewise.width() * piecewise.height() / 3
