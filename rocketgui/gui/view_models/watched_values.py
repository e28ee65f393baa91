"""Which of the watched values is drawn: its name, who has it, and the list that chooses another one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox

from rocketgui.gui.widgets.buttons import Choice
from rocketgui.gui.widgets.labels import tip
from rocketgui.model.formatting import harmless
from rocketgui.model.process import Process
from rocketgui.model.session import Session

#: Seconds that a program has to show a number before it is said that it has none.
_PATIENCE_S = 1.5
#: Letters of a name in a heading; the tooltip has all of it.
_LETTERS = 24


def name_of(session: Session, expected: tuple[str, ...] | None = None) -> str:
    """The name of the value that is drawn; empty where a program of the user's has shown none yet. Before a first
    launch: of the values that are `expected` of the user's program, if it is one."""
    if session.program is None and expected is not None:
        return expected[0] if expected else ""
    return "" if session.is_script and not session.names else session.watch


def shortened(text: str, letters: int = _LETTERS) -> str:
    """A text of at most so many letters: both ends say more than the middle."""
    if len(text) <= letters:
        return text
    end = (letters - 1) // 3
    return f"{text[: letters - 1 - end]}…{text[len(text) - end :]}"


def is_drawn(process: Process, name: str) -> bool:
    """Whether a process has a curve: workers have, and the program itself once its own value moves."""
    value = process.values.get(name)
    if value is None or process.kind == "helper":
        return False
    return process.place is not None or value.first != value.last


def drawn(session: Session) -> list[Process]:
    """The processes that have a curve, or will have one: the workers; the program itself once its own value moves."""
    root = session.root
    if session.is_script and root is not None and is_drawn(root, session.watch):
        return [*session.workers, root]
    return session.workers


def nothing_drawn(session: Session) -> str:
    """The sentence in place of the curves, where a program of the user's has shown no number."""
    program = session.program
    if program is None or not session.is_script or (session.is_live and session.end_ns < _PATIENCE_S * 1e9):
        return ""
    if session.ended is not None and session.ended.ended == "failed":
        return "The program failed; Output says why."
    if program.watch:
        return f"No process has a number named {shortened(harmless(session.watch), 48)}."
    return "Nothing to draw: name a value with Watch."


class ValueChoice(Choice):
    """Chooses the value that is drawn; in sight where a program of the user's has more than one.

    Signals:
        chosen: another one is drawn, by the user's hand.
    """

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__("Value drawn", "The value that is drawn (W)")
        self._session = Session()
        #: The one that the user chose, for the next run too, once that has it.
        self._wanted: str | None = None
        self.setProperty("role", "view")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.currentIndexChanged.connect(self._choose)
        self.hide()

    def set_session(self, session: Session) -> None:
        """Offer the values of another run."""
        self._session = session
        self.refresh()

    def open(self) -> None:
        """Show the list."""
        if self.isVisible():
            self.setFocus()
            self.showPopup()

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideMiddle, room.width()
        )

    def refresh(self) -> None:
        """Offer what is known by now; some times a second."""
        session = self._session
        names = session.names if session.is_script else []
        if self._wanted in names and session.watch != self._wanted:
            session.choose(self._wanted)
        if self.view().isVisible():
            return  # it must not change under the pointer
        if names != [self.itemData(place) for place in range(self.count())]:
            self._offer(names)
        self.blockSignals(True)
        self.setCurrentIndex(self.findData(name_of(session)))
        self.blockSignals(False)
        self.setToolTip(tip(f"{self.accessibleDescription()}\n{self.currentData() or ''}".strip()))
        if self.isHidden() is (len(names) > 1):
            self.setVisible(len(names) > 1)

    def _offer(self, names: list[str]) -> None:
        self.blockSignals(True)
        self.clear()
        for name in names:
            self.addItem(shortened(harmless(name), 40), name)
            self.setItemData(self.count() - 1, tip(name), Qt.ItemDataRole.ToolTipRole)
        self.blockSignals(False)
        widest = max((self.fontMetrics().horizontalAdvance(self.itemText(k)) for k in range(self.count())), default=0)
        self.view().setMinimumWidth(widest + 24)

    def _choose(self, place: int) -> None:
        if place >= 0:
            self._wanted = self.itemData(place)
            self._session.choose(self._wanted)
            self.chosen.emit()
