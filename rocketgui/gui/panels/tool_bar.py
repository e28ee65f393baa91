"""The top bar: the name, the state of the run, and the actions."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from rocketgui.gui.run_controller import LIVE, RunState
from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.style.theme import ColourScheme
from rocketgui.gui.widgets.buttons import Button, MenuButton
from rocketgui.gui.widgets.card import set_role
from rocketgui.gui.widgets.labels import Label
from rocketgui.gui.window.presentation import Shape
from rocketgui.model.run import Run
from rocketgui.system.signals import signal_name

_ROLES = {
    RunState.RUNNING: "ok",
    RunState.FINISHED: "ok",
    RunState.STARTING: "info",
    RunState.STOPPING: "info",
    RunState.CLOSING: "info",
    RunState.PAUSED: "warning",
    RunState.STOPPED: "warning",
    RunState.FAILED: "error",
    RunState.KILLED: "error",
    RunState.LOST: "error",
}

_SCHEMES = ((ColourScheme.SYSTEM, "As the system"), (ColourScheme.DARK, "Dark"), (ColourScheme.LIGHT, "Light"))
_SHAPES = (
    (Shape.FULL, "Full screen\tF11"),
    (Shape.P720, "Window of 1280 × 720"),
    (Shape.P1080, "Window of 1920 × 1080"),
    (None, "Not presented"),
)


class ToolBar(QWidget):
    """Shows the state, and enables the actions that it allows.

    Signals:
        launch_wanted, pause_wanted, resume_wanted, stop_wanted: the button was pressed.
        scheme_chosen: the `ColourScheme`.
        lesson_chosen: the number of the lesson.
        sweep_wanted: the window of sweeps is wanted.
        open_wanted: the user wants to open a program.
        keys_wanted, about_wanted: the entry of the help menu was chosen.
        present_chosen: the `Shape` to present in; None: not presented.
        controls_wanted: show or hide the controls while presented.
        keystrokes_wanted: whether to show the keys that are pressed.
    """

    launch_wanted = Signal()
    pause_wanted = Signal()
    resume_wanted = Signal()
    stop_wanted = Signal()
    scheme_chosen = Signal(object)
    keys_wanted = Signal()
    about_wanted = Signal()
    present_chosen = Signal(object)
    controls_wanted = Signal()
    keystrokes_wanted = Signal(bool)
    lesson_chosen = Signal(int)
    sweep_wanted = Signal()
    open_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._state = RunState.IDLE
        self.title = Label("rocketgui")
        set_text(self.title, 1.45, bold=True)
        self.state_label = Label()
        self.state_label.setAccessibleName("State of the run")
        set_text(self.state_label, 1.1, bold=True)
        self.time_label = Label()
        self.time_label.setAccessibleName("Time since launch")
        self.time_label.setProperty("role", "muted")
        set_text(self.time_label, 1.1)
        self.lessons = MenuButton("Lessons", "Lessons", "Nine lessons, each a preset of the controls with a text (L)")
        self.lessons.setMenu(self._lessons_menu())
        self.sweep = Button("Sweep", "Measure speed-up against the number of workers (Ctrl+W)")
        self.sweep.clicked.connect(self.sweep_wanted)
        self.open = Button("Open …", "Open a program of your own, a .py file (Ctrl+O)")
        self.open.setAccessibleName("Open")
        self.open.clicked.connect(self.open_wanted)
        self.launch = Button("Launch", "Launch the program (Space)")
        self.launch.setProperty("role", "primary")
        self.launch.clicked.connect(self.launch_wanted)
        self.pause = Button("Pause", "Pause every process (Space)")
        self.pause.clicked.connect(self._pause_or_resume)
        self.stop = Button("Stop", "End every process now (Esc)")
        self.stop.clicked.connect(self.stop_wanted)
        self.present = MenuButton("Present", "Present", "Large text for an audience or a video (F11)")
        self.present.setMenu(self._present_menu())
        self.scheme = MenuButton("◐", "Colour scheme", "Dark or light (Ctrl+D switches)")
        self.scheme.setMenu(QMenu(self))
        self._schemes = _choices(self.scheme.menu(), _SCHEMES, self.scheme_chosen)
        self.help = MenuButton("?", "Help", "Keys (F1), and about rocketgui")
        self.help.setMenu(self._help_menu())
        # Else a layout short of room squeezes the bar to what the style sheet calls its buttons' least height, which
        # is below what they take once there is room: everything moved when a theme was applied again.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.setSpacing(10)
        layout.addWidget(self.title)
        layout.addSpacing(14)
        layout.addWidget(self.state_label)
        layout.addWidget(self.time_label)
        layout.addStretch(1)
        runs = (self.launch, self.pause, self.stop)
        for button in (self.lessons, self.sweep, self.open, *runs, self.present, self.scheme, self.help):
            layout.addWidget(button)
        self.show_state(RunState.IDLE)

    def _lessons_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.aboutToShow.connect(lambda: self._fill_lessons(menu))
        return menu

    def _fill_lessons(self, menu: QMenu) -> None:
        """Fill the menu when it is opened for the first time: lessons are files, which have to be read."""
        if menu.isEmpty():
            from rocketgui import lessons

            for number, title in enumerate(lessons.titles(), 1):
                action = menu.addAction(f"&{number}  {title}")
                action.triggered.connect(lambda _=False, number=number: self.lesson_chosen.emit(number))

    def _help_menu(self) -> QMenu:
        menu = QMenu(self)
        # The shortcut is only written here; it is an action of the window, as all others are.
        menu.addAction("Keys\tF1").triggered.connect(self.keys_wanted)
        menu.addAction("About rocketgui").triggered.connect(self.about_wanted)
        return menu

    def _present_menu(self) -> QMenu:
        menu = QMenu(self)
        self._shapes = _choices(menu, _SHAPES, self.present_chosen)
        self.mark_shape(None)
        menu.addSeparator()
        menu.addAction("Controls, while presented\tC").triggered.connect(self.controls_wanted)
        keystrokes = QAction("Show the keys that are pressed", menu, checkable=True)
        keystrokes.toggled.connect(self.keystrokes_wanted)
        menu.addAction(keystrokes)
        return menu

    def mark_shape(self, shape: Shape | None) -> None:
        """Tick the shape in which the window is presented."""
        _tick(self._shapes, shape)

    def text_resized(self) -> None:
        """Reserve the width of the longest text of each part that changes, so that nothing moves."""
        widest = max(self.state_label.fontMetrics().horizontalAdvance(f"● {state}") for state in RunState)
        self.state_label.setFixedWidth(widest + 6)
        self.pause.setMinimumWidth(0)
        text = self.pause.text()
        self.pause.setText("Resume")
        self.pause.setMinimumWidth(self.pause.sizeHint().width())
        self.pause.setText(text)

    def mark_scheme(self, scheme: ColourScheme) -> None:
        """Tick the chosen colour scheme in the menu."""
        _tick(self._schemes, scheme)

    def show_state(self, state: RunState) -> None:
        """Show the state, and enable what it allows."""
        self._state = state
        self.state_label.setText(f"● {state}")
        set_role(self.state_label, _ROLES.get(state, "muted"))
        self.launch.setEnabled(state not in LIVE)
        self.pause.setEnabled(state in (RunState.RUNNING, RunState.PAUSED))
        paused = state is RunState.PAUSED
        self.pause.setText("Resume" if paused else "Pause")
        self.pause.setAccessibleName("Resume" if paused else "Pause")
        self.pause.setToolTip("Let every process go on (Space)" if paused else "Pause every process (Space)")
        self.stop.setEnabled(state in LIVE and state not in (RunState.STOPPING, RunState.CLOSING))

    def show_time(self, seconds: float | None, how: str = "") -> None:
        """Show how long the run has lasted, and how it failed; None shows nothing."""
        parts = [] if seconds is None else [f"{seconds:.1f} s", *filter(None, [how])]
        self.time_label.setText("  ·  ".join(parts))

    def _pause_or_resume(self) -> None:
        (self.resume_wanted if self._state is RunState.PAUSED else self.pause_wanted).emit()

    def go(self) -> None:
        """Launch, pause or resume, whichever the state allows: Space."""
        if self._state is RunState.RUNNING:
            self.pause_wanted.emit()
        elif self._state is RunState.PAUSED:
            self.resume_wanted.emit()
        elif self._state not in LIVE:
            self.launch_wanted.emit()


def _choices(menu: QMenu, choices: Sequence[tuple[object, str]], chosen: SignalInstance) -> QActionGroup:
    """Add an action to a menu for each choice, one of which is ticked; `chosen` is emitted with the choice."""
    group = QActionGroup(menu)
    for choice, text in choices:
        action = group.addAction(menu.addAction(text))
        action.setCheckable(True)
        action.setData(choice)
        action.triggered.connect(lambda _=False, choice=choice: chosen.emit(choice))
    return group


def _tick(group: QActionGroup, choice: object) -> None:
    for action in group.actions():
        action.setChecked(action.data() == choice)


def how_failed(run: Run) -> str:
    """The exit code of a run that failed, or the signal that killed it; empty for all others."""
    ended = run.ended
    if ended is None or ended.ended not in ("failed", "killed") or not ended.exit_code:
        return ""
    return signal_name(-ended.exit_code) if ended.exit_code < 0 else f"exit code {ended.exit_code}"
