"""The size of text: all of it is relative to the application's font, which is larger while the window is presented.

Tested by tests/gui/window/test_presentation.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QFont, QFontInfo
from PySide6.QtWidgets import QApplication, QWidget

#: The property of widgets whose text is larger or smaller than the application's.
_FACTOR = "textFactor"

#: Pixels of the text that everything else is measured by; the system's own size counts within these bounds.
_TEXT_PX = (13, 16)


def base_font(app: QApplication) -> QFont:
    """The system's font at a size that the layout bears, with figures of one width so that numbers stand still."""
    font = QFont(app.font())
    font.setPixelSize(min(max(QFontInfo(font).pixelSize(), _TEXT_PX[0]), _TEXT_PX[1]))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def text_font(factor: float, *, bold: bool = False) -> QFont:
    """The application's font in another size. Whoever draws by hand asks for it with each drawing: presenting changes
    the size of all text."""
    font = QApplication.font()
    font.setPixelSize(max(round(font.pixelSize() * factor), 9))
    font.setBold(bold)
    return font


def set_text(widget: QWidget, factor: float, *, bold: bool = False, font: QFont | None = None) -> None:
    """Have a widget's text stand in a size relative to the application's font, now and after `resize_text`."""
    widget.setProperty(_FACTOR, factor)
    size = text_font(factor, bold=bold)
    if font is not None:
        font.setPixelSize(size.pixelSize())
    widget.setFont(font or size)


def text_scale() -> float:
    """The size of text by now, relative to that of a small window."""
    return QApplication.font().pixelSize() / _TEXT_PX[0]


def resize_text(window: QWidget, pixels: int, apart: Sequence[QWidget] = (), apart_pixels: int = 0) -> None:
    """Change the size of all text in a window and its dialogs; that in `apart` gets a size of its own, 0: the same.
    Every widget that has a method `text_resized` is told."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    wanted = apart_pixels or pixels
    if app.font().pixelSize() != pixels or any(widget.font().pixelSize() != wanted for widget in apart):
        set_all_text(window, pixels, apart, wanted)


def set_all_text(window: QWidget, pixels: int, apart: Sequence[QWidget], apart_pixels: int) -> None:
    """As `resize_text`, also where the size seems right: a new style sheet resets the fonts of widgets, and not the
    application's."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setFont(_sized(app.font(), pixels))
    for widget in apart:
        widget.setFont(_sized(widget.font(), apart_pixels))
    fit_text(window, pixels, apart, apart_pixels)


def fit_text(part: QWidget, pixels: int, apart: Sequence[QWidget] = (), apart_pixels: int = 0) -> None:
    """Give all text in a part of the window its size; that in `apart` gets the size `apart_pixels`."""
    # Not app.allWidgets(): while it makes its list, Python may collect a closed window, and delete what is in it.
    widgets = [part, *part.findChildren(QWidget)]
    for widget in widgets:
        factor = widget.property(_FACTOR)
        if factor is not None:
            size = apart_pixels if any(one.isAncestorOf(widget) for one in apart) else pixels
            widget.setFont(_sized(widget.font(), max(round(size * factor), 9)))
    for widget in widgets:
        told = getattr(widget, "text_resized", None)
        if told is not None:
            told()


def _sized(font: QFont, pixels: int) -> QFont:
    other = QFont(font)
    other.setPixelSize(pixels)
    return other
