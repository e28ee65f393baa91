"""What you are seeing: the findings of the run, in plain sentences."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea

from rocketgui.gui.card import Card
from rocketgui.gui.theme import set_text
from rocketgui.model.findings import Finding
from rocketgui.model.session import Session

_BEFORE = "<b>Nothing has run yet.</b> After a launch, what the picture shows is said here, with its figures."
_SOON = "<b>The program has begun.</b> What it shows is said here as soon as there are figures."


class FindingsPanel(Card):
    """Sentences with figures; the point of each is bold."""

    def __init__(self) -> None:
        super().__init__("What you are seeing")
        self.text = QLabel()
        self.text.setAccessibleName("What you are seeing")
        set_text(self.text, 1.0)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        area.setAccessibleName("What you are seeing")
        area.setWidget(self.text)
        self.body.addWidget(area, 1)
        self.show_findings(Session(), [])

    def show_findings(self, session: Session, found: list[Finding]) -> None:
        """Say what is seen by now; some times a second."""
        if found:
            html = "".join(f'<p style="margin:0 0 5px 0">{_html(finding)}</p>' for finding in found)
        else:
            html = _BEFORE if session.program is None else _SOON
        if html != self.text.text():
            self.text.setText(html)


def _html(finding: Finding) -> str:
    point, stop, rest = finding.text.partition(". ")
    return f"<b>{escape(point + stop.strip())}</b> {escape(rest)}"
