"""What you are seeing: the findings of the run, in plain sentences."""

from __future__ import annotations

from html import escape

from rocketgui.gui.widgets.card import Card, set_role
from rocketgui.gui.widgets.scrolled_text import ScrolledText
from rocketgui.model.findings import Finding
from rocketgui.model.formatting import harmless
from rocketgui.model.run import Run

_BEFORE = "<b>Nothing has run yet.</b> After a launch, what the picture shows is said here, with its figures."
_NOTHING = "<b>The program has ended.</b> What was measured of it does not say more."
_SOON = "<b>The program has begun.</b> What it shows is said here as soon as there are figures."


class FindingsPanel(Card):
    """The findings as sentences; the first sentence of each is bold."""

    def __init__(self) -> None:
        super().__init__("What you are seeing")
        reading = ScrolledText("What you are seeing")
        self.text = reading.label
        self.body.addWidget(reading, 1)
        self.show_findings(Run(), [])

    def show_findings(self, run: Run, found: list[Finding]) -> None:
        """Show these findings; called some times a second."""
        if found:
            html = "".join(f'<p style="margin:0 0 5px 0">{_html(finding)}</p>' for finding in found)
        else:
            html = _BEFORE if run.program is None else _SOON if run.ended is None else _NOTHING
        if html != self.text.text():
            self.text.setText(html)

    def set_previous(self, is_previous: bool) -> None:
        """Show that the findings are those of the run before, while a lesson speaks of the next one."""
        self.remark.setText("of the run before" if is_previous else "")
        set_role(self.text, "muted" if is_previous else "")


def _html(finding: Finding) -> str:
    point, stop, rest = harmless(finding.text).partition(". ")
    return f"<b>{escape(point + stop.strip())}</b> {escape(rest)}"
