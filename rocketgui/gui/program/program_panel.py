"""What is launched next, the rocket program or one of the user's; and the value in the parent process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget

from rocketgui.gui.program.rocket_controls import RocketControls
from rocketgui.gui.style.fonts import fit_text, set_text
from rocketgui.gui.view_models import watched_values
from rocketgui.gui.widgets.card import Card
from rocketgui.gui.widgets.elided_labels import Lines
from rocketgui.gui.widgets.labels import Label
from rocketgui.model.formatting import format_count, format_short, harmless, noun
from rocketgui.model.run import Run
from rocketgui.options import Options
from rocketgui.protocol.launch_spec import Launch, Script

if TYPE_CHECKING:
    from rocketgui.gui.program.script_controls import ScriptControls

#: The width of the panel in logical pixels, with text of this size (px).
_WIDTH, _WIDTH_PX = 220, 13


class ProgramPanel(Card):
    """The left-hand panel. `options` say what the controls of the rocket program show at first.

    Signals:
        changed: another program is shown, or its arguments have changed.
    """

    changed = Signal()

    def __init__(self, options: Options) -> None:
        super().__init__("Program")
        self._run = Run()
        self.rocket = RocketControls(options)
        self.workers, self.limit = self.rocket.workers, self.rocket.limit
        self.choices, self.python = self.rocket.choices, self.rocket.python
        #: The controls of the user's program; None before there was any.
        self.script_controls: ScriptControls | None = None
        self._stack = QStackedWidget()
        # A hidden page must not make the panel higher.
        self._stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self._stack.addWidget(self.rocket)
        self.rocket.workers_changed.connect(self.changed)
        self.rocket.limit_changed.connect(self.changed)
        self.choices.changed.connect(self.changed)
        self.body.addWidget(self._stack, 1)
        self._parent_name = Lines("Parent process", lines=1)
        self.parent_value = Label()
        self.parent_value.setProperty("role", "accent")
        set_text(self.parent_value, 1.6, bold=True)
        self.parent_value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.parent_value.setAccessibleName("Value in the parent process")
        self._parent_note = Lines("", lines=2)
        for widget in (self._parent_name, self.parent_value, self._parent_note):
            self.body.addWidget(widget)
        self.text_resized()
        self.refresh(self._run)

    def text_resized(self) -> None:
        """Set the width that the text needs."""
        self.setFixedWidth(round(_WIDTH * self.font().pixelSize() / _WIDTH_PX))

    # ------------------------------------------------------------ which program

    @property
    def script(self) -> Script | None:
        """The program of the user's that is launched next; None: the rocket program is."""
        shown = self.script_controls
        return shown.script if shown is not None and self._stack.currentWidget() is shown else None

    @property
    def name(self) -> str:
        """What is launched next, in words: `two.py`, or `2 processes`."""
        if self.script is not None:
            from rocketgui.gui.view_models import script_source  # most runs end without it

            return harmless(script_source.name_of(self.script))
        return f"{self.workers.value} {noun(self.choices.variant.run_as, self.workers.value)}"

    def show_script(self, script: Script, python: str = "") -> None:
        """Launch a user's program from now on. `python` is the path of its interpreter; empty: as for the program
        before."""
        if self.script_controls is None:
            from rocketgui.gui.program.script_controls import ScriptControls  # most runs end without it

            controls = self.script_controls = ScriptControls(script, python)
            controls.changed.connect(self.changed)
            controls.left.connect(self.show_rocket)
            self._stack.addWidget(controls)
            fit_text(controls, self.font().pixelSize())
        else:
            self.script_controls.show_script(script)
        self._stack.setCurrentWidget(self.script_controls)
        self.changed.emit()

    def show_rocket(self) -> None:
        """Launch the rocket program from now on."""
        if self.script is not None:
            self._stack.setCurrentWidget(self.rocket)
            self.choices.refresh()
            self.changed.emit()

    def take_over(self) -> bool:
        """Take over what was typed and not confirmed. Return False if it cannot be parsed; a sentence then says so."""
        return self.script is None or self.script_controls is None or self.script_controls.take_over()

    def command(self) -> Launch:
        """What the controls ask for."""
        if self.script is not None and self.script_controls is not None:
            return self.script_controls.command()
        return self.options.command(own_session=True)

    # ------------------------------------------------------------ the rocket program

    def choose(self, options: Options) -> None:
        """Set the controls, but for the interpreter, as a lesson wants them."""
        self.show_rocket()
        self.rocket.choose(options)

    @property
    def options(self) -> Options:
        """What the controls of the rocket program say."""
        return self.rocket.options

    # ------------------------------------------------------------ the parent

    def refresh(self, run: Run) -> None:
        """Show the values of now; called some times a second."""
        self._run = run
        self._show_parent(run)
        self.rocket.refresh(run)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_parent(self._run)  # the name may have to be shortened

    def _show_parent(self, run: Run) -> None:
        script = self.script
        name = "rocket" if run.is_shared else watched_values.name_of(run, script and script.watch)
        value = run.root.values.get(name) if run.root is not None else None
        if value is None:
            self._write_parent(name or "value", "–", "–")
            self._parent_note.setText(_no_value(run, script))
            return
        last = value.last
        self._write_parent(name, format_count(last), format_short(last))
        counted = any(name in worker.values and worker.values[name].last for worker in run.workers)
        if run.is_shared:
            self._parent_note.setText("All workers count this one.")
        elif last == 0 and counted and run.noun(2) == "threads":
            self._parent_note.setText("Each thread counts one of its own.")
        elif last == 0 and counted:
            self._parent_note.setText("Untouched: each process counts a copy of its own.")
        else:
            self._parent_note.setText("" if last else "Nothing has been counted yet.")

    def _write_parent(self, name: str, whole: str, short: str) -> None:
        """Write the value, short if there is no room for all digits; the name is shortened before the value is."""
        name = harmless(name)
        advance, room = self.parent_value.fontMetrics().horizontalAdvance, self.parent_value.width()
        value = whole if advance(f"{name} = {whole}") <= room else short
        left = room - advance(f" = {value}") - 2
        shown = self.parent_value.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, max(left, 0))
        self.parent_value.setText(f"{shown} = {value}")
        self.parent_value.setToolTip(f"{name} = {whole}")


def _no_value(run: Run, script: Script | None) -> str:
    """Why no value of the parent is shown."""
    root = run.root
    if run.program is None and script is not None:
        return "Its own value shows here."
    if run.is_script and root is not None:
        return "It has none of this name." if run.names else "No number of its own is known."
    waits = run.is_live and root is not None
    return "not reported yet" if waits else "It starts the workers; its own value shows here."
