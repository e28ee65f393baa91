"""The frame of every panel: a heading, a remark beside it, and the content.

Tested by tests/gui/style/test_theme.py.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from rocketgui.gui.style.fonts import set_text, text_font
from rocketgui.gui.widgets.labels import Label


class Card(QFrame):
    """A panel with a heading.

    Attributes:
        body: the layout that takes the content.
        remark: a label at the right end of the heading's line.
    """

    def __init__(self, title: str, subtitle: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.heading = Label()
        self.heading.setProperty("role", "heading")
        font = text_font(0.85, bold=True)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 1.0)
        set_text(self.heading, 0.85, font=font)
        self._title = title
        self.set_subtitle(subtitle)
        self.remark = Label()
        self.remark.setProperty("role", "muted")
        self.remark.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        set_text(self.remark, 0.92)
        # A longer remark must not change the layout.
        self.remark.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 8, 12, 10)
        self.body.setSpacing(6)
        self.top = QHBoxLayout()
        self.top.addWidget(self.heading)
        self.top.addWidget(self.remark, 1)
        self.body.addLayout(self.top)
        self.setAccessibleName(title)

    def remark_one_of(self, *texts: str, html: str = "") -> None:
        """Show the first of these remarks for which there is room; if that is the first of all, `html` in its place."""
        room, advance = self.remark.width(), self.remark.fontMetrics().horizontalAdvance
        text = next((text for text in texts if advance(text) <= room), "")
        shown = html if html and text == texts[0] else text
        if self.remark.text() != shown:
            rich, plain = Qt.TextFormat.RichText, Qt.TextFormat.PlainText
            self.remark.setTextFormat(rich if html and shown == html else plain)
            self.remark.setText(shown)

    def retitle(self, title: str, subtitle: str) -> None:
        """Change title and subtitle."""
        self._title = title
        self.setAccessibleName(title)
        self.set_subtitle(subtitle)

    def set_subtitle(self, subtitle: str) -> None:
        """Set the text after the title."""
        self.heading.setText(f"{self._title.upper()} · {subtitle}" if subtitle else self._title.upper())


def set_role(widget: QWidget, role: str, name: str = "role") -> None:
    """Change the property by which the style sheet colours a widget."""
    if widget.property(name) != role:
        widget.setProperty(name, role)
        font = widget.font()
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        if widget.font() != font:
            widget.setFont(font)  # the style has reset it
