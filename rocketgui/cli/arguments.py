"""Reads and checks the command line's arguments; the resulting `Options` need no further check."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from rocketgui import __version__, python_installations
from rocketgui.model import formatting
from rocketgui.options import CONTROLS, LESSONS, LOG_LEVELS, SHAPES, Options, parse_watch, pin_refusal
from rocketgui.protocol.launch_spec import Script

T = TypeVar("T")


class _Pin(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, *_: object) -> None:
        reason = pin_refusal()
        if reason is not None:
            parser.error(reason)
        namespace.pinned = True


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print one sentence, without the usage that argparse prints before it, and exit with 2."""
        self.exit(2, f"rocketgui: {formatting.message_lines(message)}\n")


def parse(words: list[str]) -> Options:
    """Read the arguments.

    Raises:
        SystemExit: with 2, after one sentence, if an argument is wrong; with 0 after `--help` and `--version`.
    """
    command = words[0] if words[:1] in (["sweep"], ["run"]) else ""
    parser = _Parser(prog=f"rocketgui {command}".strip(), description=_ABOUT[command])
    parser.add_argument("--version", action="version", version=f"rocketgui {__version__}")
    if command == "run":
        _add_script(parser)
    else:
        _add_controls(parser, sweep=command == "sweep")
    _add_common(parser)
    told = vars(parser.parse_args(words[bool(command) :]))
    # Controls have no defaults here: those in `told` were given by the user.
    controls = {control.name: told.pop(control.name) for control in CONTROLS if control.name in told}
    if command == "run":
        return _run_options(parser, told, controls)
    options = Options(**told, given=frozenset(controls)).with_controls(controls)
    if (reason := _refusal(options)) is not None:
        parser.error(reason)
    return options


_ABOUT = {
    "": "Shows live how Python's multiprocessing runs functions at once. rocketgui run --help: a program of your own. "
    "rocketgui sweep --help: speed-up against the number of workers.",
    "sweep": "Measures how much faster more workers are.",
    "run": "Runs a Python program, unchanged, and shows every process in it.",
}


def _add_common(parser: argparse.ArgumentParser) -> None:
    """The options of all commands."""
    parser.add_argument("--headless", action="store_true", help="run without a window; the exit code is the program's")
    parser.add_argument("--report", type=_writable, metavar="FILE", help="write what was seen as JSON")
    parser.add_argument(
        "--log-level", choices=LOG_LEVELS, metavar="LEVEL",
        help=f"write what rocketgui decides to a file, for bug reports: {', '.join(LOG_LEVELS)}; "
        "--self-test says where that file is",
    )  # fmt: skip
    _add_control(parser, "python", lambda typed: python_installations.check(typed).path)


def _add_control(parser: argparse.ArgumentParser, name: str, parse: Callable[[str], Any] | None = None) -> None:
    """Add the option of one of `CONTROLS`. `parse` replaces the control's own check."""
    [control] = [one for one in CONTROLS if one.name == name]
    parser.add_argument(
        f"--{name.replace('_', '-')}",
        type=str if control.choices else _checked(parse or control.check),
        choices=control.choices or None,
        default=argparse.SUPPRESS,
        metavar=control.metavar,
        help=control.about,
    )


def _add_present(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--present", nargs="?", choices=SHAPES, const=SHAPES[0], metavar="SHAPE",
        help="large text for an audience or a video; full (the screen), 720p or 1080p",
    )  # fmt: skip


def _add_script(parser: argparse.ArgumentParser) -> None:
    """The options of `rocketgui run`. Everything from the script's name on belongs to the script."""
    parser.add_argument(
        "--watch", action="append", type=_checked(parse_watch), default=[], metavar="NAME",
        help="a value to draw: NAME, a global of the main module; module.NAME; or function:local. "
        "Without any: numbers of the main module that change, and each Value",
    )  # fmt: skip
    parser.add_argument("-m", dest="module", action="store_true", help="SCRIPT is the name of a module")
    parser.add_argument("script", nargs=argparse.PARSER, metavar="SCRIPT [ARG]...", help="what to run")
    _add_present(parser)


def _run_options(parser: argparse.ArgumentParser, told: dict[str, Any], controls: dict[str, Any]) -> Options:
    words, module, watch = told.pop("script"), told.pop("module"), told.pop("watch")
    if not module and not os.path.exists(words[0]):
        parser.error(f"there is no file {words[0]}")
    if not module and _is_endless(words[0]):
        parser.error(f"{words[0]} is a device, and no program")
    python = controls["python"] if "python" in controls else python_installations.for_scripts()
    script = Script(("-m", *words) if module else tuple(words), tuple(watch))
    return Options(**told, python=python, launch=True, script=script)


def _is_endless(path: str) -> bool:
    """Whether a file is a device such as /dev/zero, which Python would read for ever; not a terminal or /dev/null."""
    try:
        found = os.stat(path)
        if not stat.S_ISCHR(found.st_mode) or os.path.samefile(path, os.devnull):
            return False
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOCTTY", 0))
    except OSError:
        return False
    try:
        return not os.isatty(descriptor)
    finally:
        os.close(descriptor)


def _add_controls(parser: argparse.ArgumentParser, *, sweep: bool) -> None:
    """The options of the built-in program."""
    if sweep:
        parser.add_argument(
            "--workers", dest="sweep", type=_checked(formatting.parse_range), default=(1, 2 * (os.cpu_count() or 1)),
            metavar="A-B", help="from how many to how many workers (default: 1 to twice the number of cores)",
        )  # fmt: skip
        parser.add_argument(
            "--seconds", type=_checked(formatting.parse_seconds), default=Options().seconds, metavar="S",
            help="how long each number of workers is measured",
        )  # fmt: skip
    else:
        _add_control(parser, "workers")
        parser.add_argument("--lesson", type=_checked(_lesson), metavar="N", help=f"lesson 1 to {LESSONS}")
        parser.add_argument(
            "--self-test", action="store_true", help="check what works on this machine, for bug reports"
        )
        _add_present(parser)
    for name in ("limit", "start_method", "run_as", "work", "variable"):
        _add_control(parser, name)
    [pinned] = [one for one in CONTROLS if one.name == "pinned"]
    parser.add_argument("--pin", dest="pinned", action=_Pin, nargs=0, default=argparse.SUPPRESS, help=pinned.about)
    parser.add_argument("--launch", action="store_true", help="launch at once")


def _refusal(options: Options) -> str | None:
    if options.variant.run_as != "sub-interpreters":
        return None
    reason = options.variant.refusal(python_installations.known(options.python).version)
    return reason and f"{reason}; --python names another" if "need" in (reason or "") else reason


def _lesson(typed: str) -> int:
    if not typed.isdecimal() or not 1 <= int(typed) <= LESSONS:
        raise ValueError(f"There are lessons 1 to {LESSONS}.")
    return int(typed)


def _checked(parse: Callable[[str], T]) -> Callable[[str], T]:
    """A parser for argparse, which shows the text of its ValueErrors to the user."""

    def checked(typed: str) -> T:
        try:
            return parse(typed)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def _writable(typed: str) -> Path:
    """The path of a report, checked before the run, which may be long."""
    from rocketgui.recording import files

    reason = files.obstacle(typed)
    if reason:
        raise argparse.ArgumentTypeError(f"{typed} cannot be written: {reason}")
    return Path(typed)
