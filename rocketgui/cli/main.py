"""The command `rocketgui`. The order of start-up:

arguments are checked        only the modules that check them are imported
├─ --version                 one line, done
├─ --self-test               rocketgui.cli.self_test: what works on this machine; never Qt
├─ --headless                rocketgui.cli.headless: the model, a report; never Qt
└─ otherwise                 if there is a screen, rocketgui.gui: Qt, the window, the bridge
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing typing takes as long as starting Python, and --version needs neither
if TYPE_CHECKING:
    from collections.abc import Callable

    from rocketgui.options import Options


def main(arguments: list[str] | None = None, window: Callable[[Options], int] | None = None) -> int:
    """Run rocketgui; return the exit code. `arguments` are those of the command line unless given. `window(options)`
    replaces the function that shows the window.

    Raises:
        SystemExit: with 2, after one sentence, if an argument is wrong; with 0 after `--help` and `--version`.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if words == ["--version"]:
        from rocketgui import __version__

        print(f"rocketgui {__version__}")
        return 0
    from rocketgui.cli import arguments as parsing

    _fill_streams()
    options = parsing.parse(words)
    if options.log_level is not None:
        _begin_log(options.log_level, words)
    if options.self_test:
        from rocketgui.cli import self_test

        return self_test.run()
    if options.headless:
        from rocketgui.cli import headless

        if options.sweep is not None:
            from rocketgui.cli import sweep

            return sweep.run(options)
        if options.lesson is not None:
            return headless.run_lesson(options, options.lesson, options.given)
        return headless.run(options)
    return (window or _window)(options)


def _begin_log(level: str, words: list[str]) -> None:
    import logging
    import platform

    from rocketgui import __version__, log_file

    reason = log_file.begin(level)
    if reason:
        _complain(f"the log cannot be written: {reason}")
    python = f"Python {platform.python_version()}"
    logging.getLogger(__name__).info("rocketgui %s, %s, %s: %s", __version__, python, platform.platform(), words)


def _fill_streams() -> None:
    """Open the null device where standard input, output or errors are closed. Otherwise rocketgui's own files would get
    these descriptors, and the program would inherit them."""
    import os

    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", closefd=False))  # noqa: SIM115


def _window(options: Options) -> int:
    from rocketgui.cli import display

    reason = display.missing()
    if reason:
        return _complain(f"{reason}; use --headless to run without a window")
    import gc

    gc.disable()  # loaded modules stay; a search for garbage in them takes 5 % of the start (enabled again in app.py)
    try:
        from rocketgui.gui import app
    except ImportError as error:
        return _complain(f"the window cannot be shown, because Qt cannot be loaded ({error}); use --headless")
    return app.main(options)


def _complain(sentence: str) -> int:
    from rocketgui.model.formatting import message_lines

    print(f"rocketgui: {message_lines(sentence)}", file=sys.stderr)
    return 1
