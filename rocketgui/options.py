"""The command line's arguments, checked; whoever gets `Options` need not check again."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar

from rocketgui import __version__, python_installations
from rocketgui.model import formatting
from rocketgui.programs import variants
from rocketgui.programs.variants import Variant
from rocketgui.protocol.launch_spec import START_METHODS, Launch, Script

T = TypeVar("T")

WORKERS = 2
LIMIT = 10_000_000
LESSONS = 9
SHAPES = ("full", "720p", "1080p")
#: The options that say what to run; a lesson, and what was set when the window was last closed, say the same.
CONTROLS = frozenset({"workers", "limit", "start_method", "run_as", "work", "variable", "pin", "python"})
_NOT_GIVEN = object()


class Options(NamedTuple):
    """What the user asked for. `launch`: at once, without a press of the button; `python`: what runs the program."""

    workers: int = WORKERS
    limit: int = LIMIT
    start_method: str = START_METHODS[0]
    launch: bool = False
    headless: bool = False
    report: Path | None = None
    python: str = python_installations.own()
    #: A program of the user's, in place of the built-in one.
    script: Script | None = None
    self_test: bool = False
    lesson: int | None = None
    #: The fewest and the most workers of a sweep, and for how many seconds each number of them is measured.
    sweep: tuple[int, int] | None = None
    seconds: float = 2.0
    #: The names of those that the user gave, where a lesson has its own.
    given: frozenset[str] = frozenset()
    #: How the window is presented from the start: `full`, `720p` or `1080p`.
    present: str | None = None
    run_as: str = Variant().run_as
    work: str = Variant().work
    variable: str = Variant().variable
    pin: bool = False

    @property
    def variant(self) -> Variant:
        """Which of the built-in programs it is."""
        return Variant(self.run_as, self.work, self.variable, self.pin)

    def command(self, *, own_session: bool) -> Launch:
        """The command that launches the user's program, or the built-in one so."""
        if self.script is not None:
            return self.script.launch(self.python, own_session=own_session)
        return rocket_launch(
            self.workers, self.limit, self.start_method, self.python, own_session=own_session, variant=self.variant
        )


def rocket_launch(
    workers: int,
    limit: int,
    start_method: str,
    python: str,
    *,
    own_session: bool,
    variant: Variant = Variant(),  # noqa: B008 it cannot be changed
) -> Launch:
    """The command that launches a variant of the built-in program with an interpreter, given by its path."""
    method = ("--start-method", start_method) if variant.in_processes else ()
    return Launch(
        argv=("rocket.py", "--workers", str(workers), "--limit", str(limit), *method),
        python=python,
        run_as=variant.run_as,
        start_method=start_method if variant.in_processes else "",
        workers=workers,
        limit=limit,
        watch=variant.watch,
        own_session=own_session,
        source=variants.source(variant, workers, limit, start_method),
        work=variant.work,
        variable=variant.variable,
        pinned=variant.pin,
    )


def pin_refusal() -> str | None:
    """Why workers cannot be pinned to cores on this system; None if they can."""
    if hasattr(os, "sched_setaffinity"):
        return None
    return "workers cannot be pinned to cores on this system: Python offers that on Linux only"


class _Pin(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, *_: object) -> None:
        reason = pin_refusal()
        if reason is not None:
            parser.error(reason)
        namespace.pin = True


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, where argparse would print its usage first."""
        self.exit(2, f"rocketgui: {formatting.message_lines(message)}\n")


def parse(words: list[str]) -> Options:
    """Read the arguments; ones that make no sense end the process with 2 and one sentence."""
    command = words[0] if words[:1] in (["sweep"], ["run"]) else ""
    parser = _Parser(prog=f"rocketgui {command}".strip(), description=_ABOUT[command])
    parser.add_argument("--version", action="version", version=f"rocketgui {__version__}")
    if command == "run":
        _add_script(parser)
    else:
        _add_controls(parser, sweep=command == "sweep")
    _add_common(parser)
    words = words[bool(command) :]
    told = vars(parser.parse_args(words))
    if command == "run":
        return _run_options(parser, told)
    if (reason := _refusal(Options(**told))) is not None:
        parser.error(reason)
    # Parsed once more without defaults: what is there then is what was given.
    given = parser.parse_args(words, argparse.Namespace(**dict.fromkeys(told, _NOT_GIVEN)))
    names = {name for name, value in vars(given).items() if value is not _NOT_GIVEN}
    return Options(**told, given=frozenset(names & CONTROLS))


_ABOUT = {
    "": "Shows live how Python's multiprocessing runs functions at once. rocketgui run --help: a program of your own. "
    "rocketgui sweep --help: speed-up against the number of workers.",
    "sweep": "Measures how much faster more workers are.",
    "run": "Runs a Python program, unchanged, and shows every process in it.",
}


def _add_common(parser: argparse.ArgumentParser) -> None:
    """What any run can be told."""
    parser.add_argument("--headless", action="store_true", help="run without a window; the exit code is the program's")
    parser.add_argument("--report", type=_writable, metavar="FILE", help="write what was seen as JSON")
    parser.add_argument(
        "--python",
        type=_checked(lambda typed: python_installations.check(typed).path),
        default=argparse.SUPPRESS,  # a default that is a string would be checked as well, which starts it
        metavar="PATH",
        help="the Python that runs the program: 3.8 or newer; else the active virtual environment's for a program of "
        "your own, or the one that came with rocketgui",
    )


def _add_present(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--present", nargs="?", choices=SHAPES, const=SHAPES[0], metavar="SHAPE",
        help="large text for an audience or a video; full (the screen), 720p or 1080p",
    )  # fmt: skip


def _add_script(parser: argparse.ArgumentParser) -> None:
    """A program of the user's: everything from its name on belongs to it."""
    parser.add_argument(
        "--watch", action="append", type=_checked(parse_watch), default=[], metavar="NAME",
        help="a value to draw: NAME, a global of the main module; module.NAME; or function:local. "
        "Without any: numbers of the main module that change, and each Value",
    )  # fmt: skip
    parser.add_argument("-m", dest="module", action="store_true", help="SCRIPT is the name of a module")
    parser.add_argument("script", nargs=argparse.PARSER, metavar="SCRIPT [ARG]...", help="what to run")
    _add_present(parser)


def _run_options(parser: argparse.ArgumentParser, told: dict[str, Any]) -> Options:
    words, module, watch = told.pop("script"), told.pop("module"), told.pop("watch")
    if not module and not os.path.exists(words[0]):
        parser.error(f"there is no file {words[0]}")
    if not module and _is_endless(words[0]):
        parser.error(f"{words[0]} is a device, and no program")
    if "python" not in told:
        told["python"] = python_installations.for_scripts()
    return Options(**told, launch=True, script=Script(("-m", *words) if module else tuple(words), tuple(watch)))


def _is_endless(path: str) -> bool:
    """Whether it is a device such as /dev/zero, which a Python would read for ever; a terminal is one that it may
    read."""
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


def parse_watch(typed: str) -> str:
    """A value to watch, as a user names it.

    Raises:
        ValueError: that is not the name of a value.
    """
    function, colon, local = typed.strip().rpartition(":")
    parts = [local, *(function.split(".") if colon else ())] if colon else local.split(".")
    if not all(part.isidentifier() for part in parts):
        raise ValueError(f"{typed} names no value: expected NAME, module.NAME or function:local")
    return typed.strip()


def _add_controls(parser: argparse.ArgumentParser, *, sweep: bool) -> None:
    """What the built-in program can be told."""
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
        parser.add_argument(
            "--workers",
            type=_checked(formatting.parse_workers),
            default=WORKERS,
            metavar="N",
            help="processes, 1 to 256",
        )
        parser.add_argument("--lesson", type=_checked(_lesson), metavar="N", help=f"lesson 1 to {LESSONS}")
        parser.add_argument(
            "--self-test", action="store_true", help="check what works on this machine, for bug reports"
        )
        _add_present(parser)
    parser.add_argument(
        "--limit",
        type=_checked(formatting.parse_limit),
        default=LIMIT,
        metavar="N",
        help="how far each counts: 10_000_000, 1e8, 50M or sys.maxsize",
    )
    parser.add_argument(
        "--start-method",
        choices=START_METHODS,
        default=Options().start_method,
        metavar="M",
        help=f"how processes start: {', '.join(START_METHODS)}",
    )
    parser.add_argument(
        "--run-as", choices=variants.RUN_AS, default=Variant().run_as, metavar="KIND",
        help=f"what each worker is: {', '.join(variants.RUN_AS)}",
    )  # fmt: skip
    parser.add_argument(
        "--work", choices=variants.WORK, default=Variant().work, metavar="W",
        help="what it does: count (CPU-bound) or sleep (I/O-bound)",
    )  # fmt: skip
    parser.add_argument(
        "--variable", choices=variants.VARIABLE, default=Variant().variable, metavar="V",
        help="what it counts: private, or a shared one, locked or unlocked",
    )  # fmt: skip
    parser.add_argument("--pin", action=_Pin, nargs=0, default=False, help="keep each worker on one core")
    parser.add_argument("--launch", action="store_true", help="launch at once")


def _refusal(options: Options) -> str | None:
    if options.run_as != "sub-interpreters":
        return None
    reason = variants.refusal(options.variant, python_installations.known(options.python).version)
    return reason and f"{reason}; --python names another" if "need" in (reason or "") else reason


def _lesson(typed: str) -> int:
    if not typed.isdecimal() or not 1 <= int(typed) <= LESSONS:
        raise ValueError(f"There are lessons 1 to {LESSONS}.")
    return int(typed)


def _checked(parse: Callable[[str], T]) -> Callable[[str], T]:
    """argparse shows the sentence of an ArgumentTypeError, and only of that."""

    def checked(typed: str) -> T:
        try:
            return parse(typed)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def _writable(typed: str) -> Path:
    """A run may be long: a report that cannot be written is better known before it."""
    from rocketgui.recording import files

    reason = files.obstacle(typed)
    if reason:
        raise argparse.ArgumentTypeError(f"{typed} cannot be written: {reason}")
    return Path(typed)
