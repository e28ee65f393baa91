"""The main window: lays out the panels and wires them to the controller; it makes no process, queue or thread.

+------------------------------------------------------------+
| top bar: state, Launch, Pause, Stop                        |
+---------+----------------------------+---------------------+
| program | counters                   | processes           |
|         | cores                      |                     |
| parent  | what you are seeing        | output              |
+---------+----------------------------+---------------------+
| strip: what went wrong, what observing costs               |
+------------------------------------------------------------+
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QSplitter, QVBoxLayout, QWidget

from rocketgui.arguments import Options
from rocketgui.gui import keys, settings
from rocketgui.gui.controller import RunController, RunState, as_bridge
from rocketgui.gui.findings_panel import FindingsPanel
from rocketgui.gui.key_caps import KeyCaps
from rocketgui.gui.lesson_panel import LessonPanel
from rocketgui.gui.output_panel import OutputPanel
from rocketgui.gui.pacing import Pacer
from rocketgui.gui.plots_panel import PlotsPanel
from rocketgui.gui.presentation import Presentation, Shape
from rocketgui.gui.process_table import ProcessPanel
from rocketgui.gui.program_panel import ProgramPanel
from rocketgui.gui.status_strip import StatusStrip
from rocketgui.gui.theme import Look, Theme, ThemeSwitch
from rocketgui.gui.top_bar import TopBar
from rocketgui.launch import Launch
from rocketgui.lessons import Step, launch_of
from rocketgui.model.findings import URGENT, findings
from rocketgui.model.text import noun
from rocketgui.resources import resource

if TYPE_CHECKING:
    from rocketgui.gui.sweep_window import SweepWindow

#: Milliseconds at least between drawn frames, lines of output, and words and figures. Frames come at the pace of the
#: collector, 60 a second; a floor of just that would miss every one that comes a little early.
FRAME_MS, OUTPUT_MS, WORDS_MS = 14, 100, 250

_RIGHT_WIDTH, _GAP = 440, 10
#: How much of the width a lesson has while it is presented.
_LESSON_SHARE = 0.3


class MainWindow(QMainWindow):
    """The window. `bridge` has the interface of `rocketgui.bridge.Bridge`; whoever makes it starts it. `remember` is
    the file of the settings; without one, nothing is remembered."""

    def __init__(
        self, bridge: object, options: Options, themes: ThemeSwitch | None = None, remember: Path | None = None
    ) -> None:
        super().__init__()
        self._remember = remember
        self._given = options
        self._sweep: SweepWindow | None = None
        self._bridge = as_bridge(bridge)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.themes = themes if themes is not None else ThemeSwitch(app)
        theme = self.themes.theme
        self.setWindowTitle("rocketgui")
        self.setWindowIcon(QIcon(str(resource("icon.svg"))))
        self.controller = RunController(self._bridge, options.report, self)
        self.top = TopBar()
        self.program = ProgramPanel(
            options.workers, options.limit, options.start_method, options.python, options.variant
        )
        self.plots = PlotsPanel(theme)
        self.findings = FindingsPanel()
        self.processes = ProcessPanel(theme)
        self.output = OutputPanel(theme)
        self.lesson = LessonPanel(lambda: self.program.python.interpreter)
        self.strip = StatusStrip()
        self._lay_out()
        top = self.top
        self.presentation = Presentation(
            self, (self.program, self.processes), (top.title, top.lessons, top.sweep, top.look, top.help)
        )
        self.caps = KeyCaps(self)
        self._frames = Pacer(self.plots.draw, FRAME_MS, self)
        self._lines = Pacer(self.output.refresh, OUTPUT_MS, self)
        self._words = Pacer(self._refresh_words, WORDS_MS, self)
        self._wire()
        self._show_session()
        self._words.now()
        self._take_place()
        self.top.mark_look(self.themes.look)
        if options.lesson is not None:
            self.open_lesson(options.lesson)

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        column.addWidget(self.plots, 76)
        column.addWidget(self.findings, 24)
        self._right = right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.lesson)
        right.addWidget(self.processes)
        right.addWidget(self.output)
        right.setSizes([250, 200, 150])
        self._across = across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(middle)
        across.addWidget(right)
        across.setStretchFactor(0, 2)
        across.setStretchFactor(1, 1)
        across.setSizes([1280 - self.program.width() - _RIGHT_WIDTH, _RIGHT_WIDTH])
        for splitter in (right, across):
            splitter.setHandleWidth(_GAP)
            splitter.setChildrenCollapsible(False)
        row = QHBoxLayout()
        row.setSpacing(_GAP)
        row.addWidget(self.program)
        row.addWidget(across, 1)
        page = QWidget()
        page.setObjectName("page")
        # A click beside the controls gives the keyboard back to the run; at first nothing else has it.
        page.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        rows = QVBoxLayout(page)
        rows.setContentsMargins(_GAP, 8, _GAP, 4)
        rows.setSpacing(6)
        rows.addWidget(self.top)
        rows.addLayout(row, 1)
        rows.addWidget(self.strip)
        self.setCentralWidget(page)
        page.setFocus()
        self.resize(1280, 720)
        self.themes.dress()
        self.top.fix_widths()
        # The program panel's needs grow with the system's text. Said once: Qt would say it again with every text.
        self.setMinimumSize(1120, max(640, page.minimumSizeHint().height()))

    def _wire(self) -> None:
        controller, top, program = self.controller, self.top, self.program
        controller.changed.connect(self._changed)
        controller.session_began.connect(self._session_began)
        controller.state_changed.connect(self._state_changed)
        controller.problem.connect(self.strip.say)
        top.launch_wanted.connect(self.launch)
        top.pause_wanted.connect(controller.pause)
        top.resume_wanted.connect(controller.resume)
        top.stop_wanted.connect(controller.stop)
        top.look_chosen.connect(self._look_chosen)
        top.keys_wanted.connect(self.show_keys)
        top.about_wanted.connect(self.show_about)
        program.workers_changed.connect(controller.set_workers)
        program.limit_changed.connect(controller.set_limit)
        program.workers_changed.connect(self._idle_hint)
        program.limit_changed.connect(self._idle_hint)
        program.choices.changed.connect(self._idle_hint)
        program.python.chosen.connect(self.lesson.python_changed)
        self.lesson.step_shown.connect(self._step_shown)
        self.lesson.closed.connect(self._lesson_closed)
        top.lesson_chosen.connect(self.open_lesson)
        top.sweep_wanted.connect(self.show_sweep)
        top.present_chosen.connect(self.presentation.show)
        top.controls_wanted.connect(self.presentation.toggle_controls)
        top.caps_wanted.connect(self.caps.turn)
        self.presentation.changed.connect(self._presented)
        self.presentation.problem.connect(self.strip.say)
        self.plots.axis.follow_changed.connect(self._words.wake)
        self.plots.axis.follow_changed.connect(self._frames.wake)
        self.themes.changed.connect(self._theme_changed)
        keys.bind(self)

    # ------------------------------------------------------------ actions

    def launch(self) -> None:
        """Launch the program with what the controls say."""
        self.strip.clear()
        step = self.lesson.step
        if step is not None and step.unavailable:
            self.strip.say(step.unavailable)
        else:
            self.controller.launch(self._command())

    def _command(self) -> Launch:
        """What the controls ask for."""
        options, step = self.program.options, self.lesson.step
        if step is not None:
            return launch_of(step, options, own_session=True)
        return options.command(own_session=True)

    def _show_code(self) -> None:
        command = self._command()
        self.output.code.show_source(command.argv[0], command.source or "")

    def open_lesson(self, number: int) -> None:
        """Show a lesson beside the plots."""
        self.lesson.open_lesson(number)

    def _lesson_closed(self) -> None:
        self._show_right()
        self._idle_hint()

    def _step_shown(self, step: Step) -> None:
        self.controller.stop()
        self.program.choose(step.options)
        self._show_right()
        self._idle_hint()

    def show_keys(self) -> None:
        """Show what each key does."""
        from rocketgui.gui import key_sheet  # most runs end without it

        key_sheet.show(self)

    def show_about(self) -> None:
        """Show what this program is, with the versions of what it is made of."""
        from rocketgui.gui import about  # most runs end without it

        about.show(self)

    def show_sweep(self) -> SweepWindow:
        """Show the window of sweeps."""
        from rocketgui.gui.sweep_window import SweepWindow  # most runs end without it

        if self._sweep is None:
            self._sweep = SweepWindow(self.controller, self._sweep_options, self.themes.theme, self)
        self._sweep.show()
        self._sweep.raise_()
        self._sweep.activateWindow()
        return self._sweep

    def _sweep_options(self) -> Options:
        return self.program.options._replace(sweep=self._given.sweep, seconds=self._given.seconds)

    def _look_chosen(self, look: Look) -> None:
        self.themes.choose(look)
        self.top.mark_look(look)

    def switch_look(self) -> None:
        """From dark to light, or back."""
        self._look_chosen(Look.LIGHT if self.themes.theme.id == Look.DARK else Look.DARK)

    # ------------------------------------------------------------ what arrives

    def _presented(self, shape: Shape | None) -> None:
        self.top.mark_shape(shape)
        self.strip.set_quiet(shape is not None)
        self._show_right()
        right = _RIGHT_WIDTH if shape is None or self.presentation.controls else round(self.width() * _LESSON_SHARE)
        self._across.setSizes([self._across.width() - right, right])
        self._wake()

    def _show_right(self) -> None:
        """The right-hand side is there as long as anything is in it. A lesson speaks of what is printed."""
        presented = self.presentation
        self.output.setVisible(presented.shape is None or presented.controls or self.lesson.step is not None)
        parts = (self.lesson, self.processes, self.output)
        self._right.setVisible(any(not part.isHidden() for part in parts))

    def _changed(self) -> None:
        if self.isVisible() and not self.isMinimized():
            self._wake()

    def _wake(self) -> None:
        self._frames.wake()
        self._lines.wake()
        self._words.wake()

    def _session_began(self) -> None:
        self.strip.clear()
        self._show_session()

    def _show_session(self) -> None:
        session = self.controller.session
        self.plots.set_session(session)
        self.processes.set_session(session)
        self.output.set_session(session)
        self._idle_hint()

    def _state_changed(self, state: RunState) -> None:
        self.top.show_state(state)
        self._idle_hint()
        self._words.now()

    def _theme_changed(self, theme: Theme) -> None:
        self.plots.set_theme(theme)
        self.processes.set_theme(theme)
        self.output.set_theme(theme)
        if self._sweep is not None:
            self._sweep.set_theme(theme)
        self._words.now()

    def _idle_hint(self) -> None:
        workers = self.program.workers.value
        idle = self.controller.state is RunState.IDLE
        self._show_code()
        hint = f"Press Space to launch {workers} {noun(self.program.choices.variant.run_as, workers)}" if idle else ""
        self.plots.set_hint(hint, self.program.limit.value)

    def _refresh_words(self) -> None:
        session = self.controller.session
        self.program.refresh(session)
        self.plots.refresh()
        found = findings(session)
        self.findings.show_findings(session, found)
        self.strip.warn(next((finding.text for finding in found if finding.id in URGENT), ""))
        self.processes.refresh(session)
        self.strip.refresh(session)
        self.top.show_time(session.end_ns / 1e9 if session.program is not None else None)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # While minimised nothing was drawn.
        if event.type() == QEvent.Type.WindowStateChange and not self.isMinimized():
            self._wake()

    def _take_place(self) -> None:
        """Stand where the window stood at last."""
        if self._remember is not None:
            self.restoreGeometry(settings.load(self._remember).place_bytes())

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._remember is not None:
            place = bytes(self.presentation.place.toBase64().data()).decode("ascii")
            chosen = settings.controls(self.program.options)
            settings.save(self._remember, settings.Settings(self.themes.look, place, chosen))
        self.controller.close()
        for pacer in (self._frames, self._lines, self._words):
            pacer.rest()
        self.presentation.rest()
        self.caps.turn(False)
        super().closeEvent(event)
