"""The main window: wires its parts to each other and to the controller; it makes no process, queue or thread.

How the parts are laid out, see central_widget.py.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow

from rocketgui import python_installations
from rocketgui.gui import actions, settings
from rocketgui.gui.actions import Shortcut
from rocketgui.gui.central_widget import CentralWidget
from rocketgui.gui.dialogs.left_over_dialog import LeftOverQuestion
from rocketgui.gui.panels.findings_panel import FindingsPanel
from rocketgui.gui.panels.lesson_panel import LessonPanel
from rocketgui.gui.panels.output_panel import OutputPanel
from rocketgui.gui.panels.plots_panel import PlotsPanel
from rocketgui.gui.panels.process_table import ProcessPanel
from rocketgui.gui.panels.status_bar import StatusBar
from rocketgui.gui.panels.tool_bar import ToolBar, how_failed
from rocketgui.gui.program.open_program import OpenProgram
from rocketgui.gui.program.program_panel import ProgramPanel
from rocketgui.gui.run_controller import LIVE, RunController, RunState, as_bridge
from rocketgui.gui.style.theme import ColourScheme, ThemeSwitch
from rocketgui.gui.widgets.throttle import Throttle
from rocketgui.gui.window.geometry import Geometry
from rocketgui.gui.window.keystroke_overlay import KeystrokeOverlay
from rocketgui.gui.window.presentation import Presentation, Shape
from rocketgui.lessons import Step, launch_of
from rocketgui.model.findings import URGENT, findings
from rocketgui.options import Options
from rocketgui.protocol.launch_spec import Launch, Script
from rocketgui.resources import resource

if TYPE_CHECKING:
    from rocketgui.gui.dialogs.sweep_window import SweepWindow

#: The least time between drawn frames, between lines of output, and between words and figures, in ms. The
#: collector sends 60 frames a second; with 1000 / 60 ms, each that comes a little early would not be drawn.
FRAME_MS, OUTPUT_MS, WORDS_MS = 14, 100, 250

#: The share of the range of time by which a key moves it, or the pointer in it.
_PAN, _STEP = 0.25, 0.02

#: Why a step of a lesson that brings its own program leaves controls out.
_NO_NUMBERS = "The program of this step has numbers of its own."
_NO_CHOICES = "This step brings a program of its own, which takes none of these choices. Code shows it."


class MainWindow(QMainWindow):
    """The window. `bridge` has the interface of `rocketgui.bridge.Bridge`, and is started elsewhere. `remember` is the
    settings file; None: nothing is remembered."""

    def __init__(
        self, bridge: object, options: Options, themes: ThemeSwitch | None = None, remember: Path | None = None
    ) -> None:
        super().__init__()
        self._remember = remember
        self._remembered = settings.Settings() if remember is None else settings.load(remember)
        self._given = options
        self._sweep: SweepWindow | None = None
        #: Whether the run that is shown was made before the step of the lesson that is shown.
        self._shows_previous = False
        self._bridge = as_bridge(bridge)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.themes = themes if themes is not None else ThemeSwitch(app)
        self.setWindowTitle("rocketgui")
        self.setWindowIcon(QIcon(str(resource("icon.svg"))))
        # With a sweep, the report is the sweep's.
        self.controller = RunController(self._bridge, options.report if options.sweep is None else None, self)
        self.top = ToolBar()
        self.program = ProgramPanel(self._rocket_options())
        self.plots = PlotsPanel()
        self.findings = FindingsPanel()
        self.processes = ProcessPanel()
        self.output = OutputPanel()
        self.lesson = LessonPanel(lambda: self.program.python.interpreter)
        self.status_bar = StatusBar()
        self.open_program = OpenProgram(self)
        self.left_over = LeftOverQuestion(self.controller, self)
        self._lay_out()
        top = self.top
        self.presentation = Presentation(
            self, (self.program, self.processes), (top.title, top.lessons, top.sweep, top.open, top.scheme, top.help)
        )
        self.keystrokes = KeystrokeOverlay(self)
        self._frames = Throttle(self.plots.draw, FRAME_MS, self)
        self._lines = Throttle(self.output.refresh, OUTPUT_MS, self)
        self._words = Throttle(self._refresh_words, WORDS_MS, self)
        self._wire()
        self._show_run()
        self._words.now()
        geometry = Geometry.read(self._remembered.geometry)
        if geometry is not None:
            geometry.take(self)
        self.top.mark_scheme(self.themes.scheme)
        if options.lesson is not None:
            self.lesson.open_lesson(options.lesson)
        if options.script is not None:
            self._show_script(options.script, options.python)

    def _rocket_options(self) -> Options:
        """What the controls of the rocket program show at first. If a script is given, the given Python is the
        script's."""
        options = self._given
        if options.script is None:
            return options
        return options._replace(script=None, python=self._remembered.controls.get("python", python_installations.own()))

    def _lay_out(self) -> None:
        self._central = CentralWidget(
            self.top,
            self.program,
            (self.plots, self.findings),
            (self.lesson, self.processes, self.output),
            self.status_bar,
        )
        self.setCentralWidget(self._central)
        self._central.setFocus()
        self.resize(1280, 720)
        self.themes.apply_style_sheet()
        self.top.text_resized()
        # The program panel needs more with larger text. Set once: Qt would compute it with every change of a text.
        self.setMinimumSize(1120, max(640, self._central.minimumSizeHint().height()))

    def _wire(self) -> None:
        controller, top, program = self.controller, self.top, self.program
        controller.changed.connect(self._changed)
        controller.run_began.connect(self._run_began)
        controller.state_changed.connect(self._state_changed)
        controller.problem.connect(self.status_bar.say)
        controller.closed.connect(self.close, Qt.ConnectionType.QueuedConnection)
        top.launch_wanted.connect(self.launch)
        top.pause_wanted.connect(controller.pause)
        top.resume_wanted.connect(controller.resume)
        top.stop_wanted.connect(controller.stop)
        top.scheme_chosen.connect(self._scheme_chosen)
        top.keys_wanted.connect(self.show_keys)
        top.about_wanted.connect(self.show_about)
        program.rocket.workers_changed.connect(controller.set_workers)
        program.rocket.limit_changed.connect(controller.set_limit)
        program.changed.connect(self._program_changed)
        top.open_wanted.connect(self.open_program.ask)
        self.open_program.chosen.connect(self._open)
        self.open_program.problem.connect(self.status_bar.say)
        program.python.chosen.connect(self.lesson.python_changed)
        self.lesson.step_shown.connect(self._step_shown)
        self.lesson.closed.connect(self._lesson_closed)
        top.lesson_chosen.connect(self.lesson.open_lesson)
        top.sweep_wanted.connect(self.show_sweep)
        top.present_chosen.connect(self.presentation.show)
        top.controls_wanted.connect(self.presentation.toggle_controls)
        top.keystrokes_wanted.connect(self.keystrokes.turn)
        self.presentation.beginning.connect(self._central.keep)
        self.presentation.changed.connect(self._presented)
        self.presentation.problem.connect(self.status_bar.say)
        self.plots.values.chosen.connect(self._words.now)
        self.plots.axis.follow_changed.connect(self._words.wake)
        self.plots.axis.follow_changed.connect(self._frames.wake)
        self.plots.resized.connect(self._frames.wake)
        self.themes.changed.connect(self._theme_changed)
        self._add_shortcuts()

    def _add_shortcuts(self) -> None:
        top, plots, lesson, presentation = self.top, self.plots, self.lesson, self.presentation
        actions.add(
            self,
            (
                Shortcut("Space", "Launch, pause or resume", top.go),
                Shortcut("Esc", "Stop", self.controller.stop),
                Shortcut("Ctrl+O", "Open a program of your own", self.open_program.ask),
                Shortcut("Ctrl+B", "Back to the rocket program", self.program.show_rocket),
                Shortcut("L", "Choose a lesson", top.lessons.open),
                Shortcut("Ctrl+W", "Sweep over the number of workers", self.show_sweep),
                Shortcut("F11", "Present on the full screen, and back", presentation.toggle),
                Shortcut("P", "Choose how to present", top.present.open),
                Shortcut("C", "Controls, while presented", presentation.toggle_controls),
                Shortcut("Ctrl+D", "Switch between dark and light", self.switch_scheme),
            ),
        )
        turns = actions.add(
            self,
            (
                Shortcut("PgDown", "Next step of the lesson", lesson.go_on),
                Shortcut("PgUp", "Step before", lesson.go_back),
            ),
        )
        for turn in turns:  # without a lesson these keys belong to whatever has the focus
            turn.setEnabled(lesson.step is not None)
            lesson.step_shown.connect(lambda _, turn=turn: turn.setEnabled(True))
            lesson.closed.connect(partial(turn.setEnabled, False))
        actions.add(self, (Shortcut("W", "Choose the value that is drawn", plots.values.open),))
        for views, keys in ((plots.counter_views, "123"), (plots.core_views, "45"), (self.output.views, "67")):
            names = [button.accessibleName() for button in views.buttons]
            actions.add(
                self,
                (Shortcut(key, f"Show: {names[view]}", partial(views.choose, view)) for view, key in enumerate(keys)),
            )
        actions.add(
            self,
            (
                Shortcut("Ctrl++", "Zoom in", partial(plots.zoom, 0.5), repeats=True),
                Shortcut("Ctrl+-", "Zoom out", partial(plots.zoom, 2.0), repeats=True),
                Shortcut("Ctrl+Left", "Back in time", partial(plots.pan, -_PAN), repeats=True),
                Shortcut("Ctrl+Right", "Forward in time", partial(plots.pan, _PAN), repeats=True),
                Shortcut("Ctrl+0", "Follow the run again", plots.follow, repeats=True),
                Shortcut("Alt+Left", "Values a little before", partial(plots.move_pointer, -_STEP), repeats=True),
                Shortcut("Alt+Right", "Values a little later", partial(plots.move_pointer, _STEP), repeats=True),
                Shortcut("F1", "This sheet", self.show_keys),
            ),
        )

    # ------------------------------------------------------------ actions

    def launch(self) -> None:
        """Launch the program with what the controls say."""
        self.status_bar.clear()
        step = self.lesson.step
        if step is not None and step.unavailable:
            self.status_bar.say(step.unavailable)
        elif self.program.take_over():
            self._show_code()
            self.controller.launch(self._command())

    def _command(self) -> Launch:
        """What the controls ask for."""
        step = self.lesson.step
        if step is not None:
            return launch_of(step, self.program.options, own_session=True)
        return self.program.command()

    def _show_code(self) -> None:
        script = self.program.script
        if script is None:
            command = self._command()
            self.output.code.show_source(command.argv[0], command.source or "")
        else:
            from rocketgui.gui.view_models import script_source  # most runs end without it

            self.output.code.show_file(script_source.name_of(script), *script_source.read(script))

    def _open(self, path: Path) -> None:
        """Show a program that the user opened; what runs goes on."""
        self._show_script(Script((str(path.absolute()),), folder=str(path.absolute().parent)))
        live = self.controller.state in LIVE
        when = "once what runs has ended; Esc ends it now" if live else "with Space"
        self.status_bar.note(f"{path.name} is opened. Launch it {when}.")

    def _show_script(self, script: Script, python: str = "") -> None:
        if self.lesson.step is not None:
            self.lesson.close_lesson()
        self.program.show_script(script, python)

    def _lesson_closed(self) -> None:
        self.status_bar.clear()
        self.program.rocket.refuse(numbers="", choices="")
        self._show_right()
        self._idle_hint()

    def _step_shown(self, step: Step) -> None:
        self.controller.stop()
        self.status_bar.clear()
        self.program.choose(step.options)
        self.program.rocket.refuse(
            numbers="" if step.takes_numbers else _NO_NUMBERS, choices=_NO_CHOICES if step.program else ""
        )
        self._choose_views(step)
        self._shows_previous = self.controller.run.program is not None
        self._show_right()
        self._idle_hint()
        self._words.now()
        self._frames.now()

    def _choose_views(self, step: Step) -> None:
        plots = self.plots
        for views, wanted in ((plots.counter_views, step.counter_view), (plots.core_views, step.core_view)):
            if wanted is not None:
                views.choose_named(wanted)

    def show_keys(self) -> None:
        """Show what each key does."""
        from rocketgui.gui.dialogs.shortcuts_dialog import ShortcutsDialog  # most runs end without it

        _show(self.findChild(ShortcutsDialog) or ShortcutsDialog(self))

    def show_about(self) -> None:
        """Show what this program is, with the versions of what it is made of."""
        from rocketgui.gui.dialogs.about_dialog import AboutDialog  # most runs end without it

        _show(self.findChild(AboutDialog) or AboutDialog(self))

    def show_sweep(self) -> SweepWindow:
        """Show the window of sweeps."""
        from rocketgui.gui.dialogs.sweep_window import SweepWindow  # most runs end without it

        self.program.show_rocket()
        if self._sweep is None:
            self._sweep = SweepWindow(self.controller, self._sweep_options, self)
            self._sweep.scheme_wanted.connect(self.switch_scheme)
        _show(self._sweep)
        return self._sweep

    def _sweep_options(self) -> Options:
        return self.program.options._replace(
            sweep=self._given.sweep,
            seconds=self._given.seconds,
            report=self._given.report if self._given.sweep is not None else None,
        )

    def _scheme_chosen(self, scheme: ColourScheme) -> None:
        self.themes.choose(scheme)
        self.top.mark_scheme(scheme)

    def switch_scheme(self) -> None:
        """Switch between dark and light."""
        self._scheme_chosen(ColourScheme.LIGHT if self.themes.theme.id == ColourScheme.DARK else ColourScheme.DARK)

    # ------------------------------------------------------------ what arrives

    def _presented(self, shape: Shape | None) -> None:
        self.top.mark_shape(shape)
        self.status_bar.set_quiet(shape is not None)
        self._show_right()
        if shape is None:
            self._central.restore()
        else:
            self._central.share_width(for_lesson=not self.presentation.controls)
        self._wake()

    def _show_right(self) -> None:
        """Show the output also while a lesson is presented, whose text speaks of it."""
        presented = self.presentation
        self.output.setVisible(presented.shape is None or presented.controls or self.lesson.step is not None)
        self._central.show_right()

    def _changed(self) -> None:
        if self.isVisible() and not self.isMinimized():
            self._wake()

    def _wake(self) -> None:
        self._frames.wake()
        self._lines.wake()
        self._words.wake()

    def _run_began(self) -> None:
        self.status_bar.clear()
        self._shows_previous = False
        self._show_run()

    def _show_run(self) -> None:
        run = self.controller.run
        self.plots.set_run(run)
        self.processes.set_run(run)
        self.output.set_run(run)
        self._idle_hint()

    def _state_changed(self, state: RunState) -> None:
        self.top.show_state(state)
        self._idle_hint()
        self._words.now()

    def _theme_changed(self) -> None:
        self.presentation.style_sheet_applied()
        self.plots.theme_changed()
        self.output.theme_changed()
        self._words.now()

    def _program_changed(self) -> None:
        """Take in that another program is launched next, or that its arguments have changed."""
        script = self.program.script
        self.setWindowTitle("rocketgui" if script is None else f"{self.program.name} – rocketgui")
        watch = None if script is None else script.watch
        self.processes.expect(watch)
        self.plots.expect(watch)
        self._show_code()
        self._idle_hint()
        if self.controller.state is RunState.IDLE:
            self._words.now()

    def _idle_hint(self) -> None:
        idle = self.controller.state is RunState.IDLE
        if self.program.script is None:  # a file is read when it is opened or launched, or it could be another by now
            self._show_code()
        step = self.lesson.step
        numbered = self.program.script is None and (step is None or step.takes_numbers)
        limit = self.program.limit.value if numbered else None
        self.plots.set_hint(self._hint() if idle else "", limit)

    def _hint(self) -> str:
        step = self.lesson.step
        if step is not None and step.unavailable:
            return step.unavailable
        program = self.program.name if step is None or step.program is None else step.program
        return f"Press Space to launch {program}"

    def _refresh_words(self) -> None:
        run = self.controller.run
        self.program.refresh(run)
        self.plots.set_previous(self._shows_previous)
        self.plots.refresh()
        step = self.lesson.step
        found = findings(run, step.shows if step is not None else ())
        self.findings.show_findings(run, found)
        self.findings.set_previous(self._shows_previous)
        if not self._shows_previous:
            self.status_bar.warn(next((finding.text for finding in found if finding.id in URGENT), ""))
        self.processes.refresh(run)
        self.status_bar.refresh(run)
        self.top.show_time(run.end_ns / 1e9 if run.program is not None else None, how_failed(run))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # While minimised nothing was drawn.
        if event.type() == QEvent.Type.WindowStateChange and not self.isMinimized():
            self._wake()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stay until nothing is left of what runs, which takes a moment: the window goes on and says so."""
        if not self.controller.is_closed:
            self._remember_choices()
            self.presentation.rest()
            self.keystrokes.turn(False)
            self.controller.begin_close()
        if not self.controller.is_closed:
            event.ignore()
            return
        for throttle in (self._frames, self._lines, self._words):
            throttle.rest()
        super().closeEvent(event)

    def _remember_choices(self) -> None:
        if self._remember is not None:
            geometry, chosen = str(self.presentation.geometry), self.program.options.controls
            settings.save(self._remember, settings.Settings(self.themes.scheme, geometry, chosen))


def _show(dialog: QDialog) -> None:
    """Show a dialog beside the window, which goes on: a run can be stopped at any moment."""
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
