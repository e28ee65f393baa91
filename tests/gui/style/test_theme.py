"""Colours can be told from each other and from their ground, and the scheme is switched at any time."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from rocketgui.gui.style.theme import ColourScheme, load_theme
from rocketgui.gui.widgets.card import Card
from rocketgui.options import Options
from tests.gui.conftest import Advance, MakeWindow


def luminance(colour: QColor) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    parts = [c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4) for c in channels]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_colours_stand_out(scheme: ColourScheme) -> None:
    theme = load_theme(scheme)
    panel = theme.colour("panel")
    for colour in (*theme.workers, *theme.cores, theme.colour("accent"), theme.colour("focus")):
        assert contrast(colour, panel) >= 3, colour.name()
    for role in ("text", "muted", "error", "ok", "warning", "info"):
        assert contrast(theme.colour(role), panel) >= 4.5, role
        assert contrast(theme.colour(role), theme.colour("window")) >= 4.5, role
    assert contrast(theme.colour("on_accent"), theme.colour("accent")) >= 4.5
    assert contrast(theme.colour("error"), theme.colour("error_back")) >= 4.5
    assert len({colour.name() for colour in theme.workers}) == len(theme.workers)


#: How linear red, green and blue look to those who lack a kind of cone, at full severity. Source: G. M. Machado,
#: M. M. Oliveira and L. A. F. Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009.
VISION = {
    "all cones": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)
    ),
}  # fmt: skip
#: From linear sRGB to CIE XYZ over its white (IEC 61966-2-1).
XYZ = np.array(
    ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
) / np.array(((0.95047,), (1.0,), (1.08883,)))  # fmt: skip


def lab(colour: QColor, vision: str) -> npt.NDArray[np.float64]:
    """CIE L*a*b* of a colour as somebody sees it."""
    shown = np.array((colour.redF(), colour.greenF(), colour.blueF()))
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    x, y, z = XYZ @ np.clip(np.array(VISION[vision]) @ linear, 0, 1)
    fx, fy, fz = (np.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return np.array((116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)))


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
@pytest.mark.parametrize("vision", VISION)
def test_the_colours_of_eight_workers_can_be_told_apart(scheme: ColourScheme, vision: str) -> None:
    """2.3 is a difference that is just noticeable, side by side."""
    workers = load_theme(scheme).workers
    assert len(workers) == 8
    for one, other in itertools.combinations(workers, 2):
        distance = float(np.linalg.norm(lab(one, vision) - lab(other, vision)))
        assert distance > 12, (one.name(), other.name(), distance)


def test_the_look_is_switched_while_running(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 40)
    window.top.scheme_chosen.emit(ColourScheme.LIGHT)
    assert window.themes.theme.id == "light"
    window.plots.draw()
    image = window.plots.counters.item.canvas.image
    assert image.pixelColor(1, 1).lightness() > 200


@pytest.mark.parametrize("first", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_nothing_moves_when_the_look_is_switched(make_window: MakeWindow, first: ColourScheme) -> None:
    window, _ = make_window(scheme=first)
    window.resize(1280, 720)
    QApplication.processEvents()
    watched = [window.top, window.status_bar, *window.findChildren(Card), *window.top.findChildren(QWidget)]
    before = {widget: (widget.mapTo(window, QPoint()), widget.size()) for widget in watched}
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
        QApplication.processEvents()
        assert {widget: (widget.mapTo(window, QPoint()), widget.size()) for widget in watched} == before
    assert len({button.height() for button in window.top.findChildren(QAbstractButton)}) == 1
