"""The options of rocketgui: from the command line, from a lesson, or as saved when the window was last closed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rocketgui import python_installations
from rocketgui.model import formatting
from rocketgui.programs import source
from rocketgui.protocol.launch_spec import Launch, Script
from rocketgui.protocol.variant import RUN_AS, START_METHODS, VARIABLE, WORK, Variant

WORKERS = 2
LIMIT = 10_000_000
LESSONS = 9
SHAPES = ("full", "720p", "1080p")
LOG_LEVELS = ("debug", "info", "warning", "error")


class Options(NamedTuple):
    """The options of rocketgui. `launch`: launch the program at once; `python`: the path of the Python that runs it."""

    workers: int = WORKERS
    limit: int = LIMIT
    #: Which variant of the built-in program runs.
    variant: Variant = Variant()  # noqa: RUF100
    launch: bool = False
    headless: bool = False
    report: Path | None = None
    python: str = python_installations.own()
    #: A script of the user's, in place of the built-in program.
    script: Script | None = None
    self_test: bool = False
    lesson: int | None = None
    #: The fewest and the most workers of a sweep, and for how many seconds each number of them is measured.
    sweep: tuple[int, int] | None = None
    seconds: float = 2.0
    #: The names of the controls that the user gave; they take precedence over a lesson's.
    given: frozenset[str] = frozenset()
    #: The log level, one of `LOG_LEVELS`; None: nothing is logged.
    log_level: str | None = None
    #: One of `SHAPES`: the window begins in a presentation of this size. None: no presentation.
    present: str | None = None

    @property
    def controls(self) -> dict[str, Any]:
        """The values of `CONTROLS`, by name."""
        values = {**self._asdict(), **self.variant._asdict()}
        return {control.name: values[control.name] for control in CONTROLS}

    def with_controls(self, values: Mapping[str, Any]) -> Options:
        """These options with other values of some `CONTROLS`, by name."""
        of_variant = {name: value for name, value in values.items() if name in Variant._fields}
        others = {name: value for name, value in values.items() if name not in of_variant}
        return self._replace(variant=self.variant._replace(**of_variant), **others)

    def command(self, *, own_session: bool) -> Launch:
        """The command that launches the user's script, or else the built-in program with these options."""
        if self.script is not None:
            return self.script.launch(self.python, own_session=own_session)
        return rocket_launch(self.workers, self.limit, self.variant, self.python, own_session=own_session)


def rocket_launch(workers: int, limit: int, variant: Variant, python: str, *, own_session: bool) -> Launch:
    """The command that launches a variant of the built-in program with the interpreter at the path `python`."""
    variant = variant.launched
    method = ("--start-method", variant.start_method) if variant.start_method else ()
    return Launch(
        argv=("rocket.py", "--workers", str(workers), "--limit", str(limit), *method),
        python=python,
        variant=variant,
        workers=workers,
        limit=limit,
        watch=variant.watch,
        own_session=own_session,
        source=source(variant, workers, limit),
    )


def pin_refusal() -> str | None:
    """Why workers cannot be pinned to cores on this system; None if they can."""
    if hasattr(os, "sched_setaffinity"):
        return None
    return "workers cannot be pinned to cores on this system: Python offers that on Linux only"


def parse_watch(typed: str) -> str:
    """Check the name of a variable to watch, and return it without blanks around it.

    Raises:
        ValueError: the text is not NAME, module.NAME or function:local.
    """
    function, colon, local = typed.strip().rpartition(":")
    parts = [local, *(function.split(".") if colon else ())] if colon else local.split(".")
    if not all(part.isidentifier() for part in parts):
        raise ValueError(f"{typed} names no value: expected NAME, module.NAME or function:local")
    return typed.strip()


class Control(NamedTuple):
    """One of the choices of what to run. `check` converts a value from a file or the command line, and raises
    ValueError if it is wrong. `about` and `metavar` are for the help of the command line."""

    name: str
    check: Callable[[Any], Any]
    about: str
    metavar: str
    choices: tuple[str, ...] = ()


def _typed(parse: Callable[[str], int]) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if type(value) not in (int, str):
            raise ValueError("neither a number nor a text")
        return parse(str(value))

    return check


def _choice(name: str, choices: tuple[str, ...], about: str, metavar: str) -> Control:
    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{value} is none of {', '.join(choices)}")
        return str(value)

    return Control(name, check, about, metavar, choices)


def _pinned(value: Any) -> bool:
    if value not in (True, False, "true", "false") or type(value) not in (bool, str):
        raise ValueError("neither true nor false")
    return value in (True, "true") and pin_refusal() is None


def _python(value: Any) -> str:
    """Check that there is a program at this path; only a launch shows whether it is a Python that starts."""
    if not isinstance(value, str) or not os.access(value, os.X_OK) or os.path.isdir(value):
        raise ValueError("no program")
    return value


#: All choices of what to run, and no other options. The command line, the lessons and the settings file use this list.
CONTROLS = (
    Control("workers", _typed(formatting.parse_workers), "processes, 1 to 256", "N"),
    Control("limit", _typed(formatting.parse_limit), "how far each counts: 10_000_000, 1e8, 50M or sys.maxsize", "N"),
    _choice("start_method", START_METHODS, f"how processes start: {', '.join(START_METHODS)}", "M"),
    _choice("run_as", RUN_AS, f"what each worker is: {', '.join(RUN_AS)}", "KIND"),
    _choice("work", WORK, "what it does: count (CPU-bound) or sleep (I/O-bound)", "W"),
    _choice("variable", VARIABLE, "what it counts: private, or a shared one, locked or unlocked", "V"),
    Control("pinned", _pinned, "keep each worker on one core", ""),
    Control(
        "python",
        _python,
        "the Python that runs the program: 3.8 or newer; else the active virtual environment's for a program of your "
        "own, or the one that came with rocketgui",
        "PATH",
    ),
)
