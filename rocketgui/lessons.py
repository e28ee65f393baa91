"""The lessons: presets of the controls with a text, read from `resources/lessons/`.

    resources/lessons/3.json     {"title": ..., "steps": [{"title", "text", "look_for", "controls", "shows", ...}]}

`controls` are named as in `options.CONTROLS`. `shows` are the ids of the findings that the step has to show, `prints`
parts of lines that it has to print; a test runs every lesson and checks both. `program` names a file beside the lesson
that replaces the built-in program; `seconds` ends a run that would never end; `free_threaded` steps need a Python
without a GIL. `view` names the views that the window shows: one of `COUNTER_VIEWS`, one of `CORE_VIEWS`, or both.
"""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from rocketgui import python_installations
from rocketgui.model.formatting import WORKERS_MAX
from rocketgui.options import CONTROLS, LESSONS, Options
from rocketgui.protocol.launch_spec import Launch
from rocketgui.protocol.variant import START_METHODS, Variant
from rocketgui.python_installations import PythonInstallation
from rocketgui.resources import resource

#: The window's views of the counters and of the cores, in their order.
COUNTER_VIEWS = ("curves", "lanes", "rate")
CORE_VIEWS = ("load", "timeline")


class Step(NamedTuple):
    """One run of a lesson. `options` holds the controls; `unavailable` says why the step cannot run here, or is empty.
    `counter_view` and `core_view` are the views to show; None: leave the view as it is."""

    title: str
    text: str
    look_for: tuple[str, ...]
    shows: tuple[str, ...]
    prints: tuple[str, ...]
    options: Options
    program: str | None
    seconds: float | None
    unavailable: str
    counter_view: str | None
    core_view: str | None

    def source(self) -> str | None:
        """The text of the step's own program; None for the built-in program."""
        return None if self.program is None else resource(f"lessons/{self.program}").read_text(encoding="utf-8")

    @property
    def takes_numbers(self) -> bool:
        """Whether the program takes the number of workers and the limit."""
        return self.program is None or "--limit" in (self.source() or "")


class Lesson(NamedTuple):
    """A lesson, with at least one step."""

    number: int
    title: str
    steps: tuple[Step, ...]


def lesson(number: int, python: PythonInstallation | None = None) -> Lesson:
    """Read the lesson with this number, 1 to `LESSONS`. Which steps are available depends on the Python that runs them
    (None: rocketgui's own)."""
    python = python or python_installations.known(python_installations.own())
    read = json.loads(resource(f"lessons/{number}.json").read_text(encoding="utf-8"))
    return Lesson(number, read["title"], tuple(_step(step, python) for step in read["steps"]))


def titles() -> list[str]:
    """The titles of all lessons, in order."""
    return [lesson(number).title for number in range(1, LESSONS + 1)]


def launch_of(step: Step, options: Options, *, own_session: bool) -> Launch:
    """The command that launches a step with the controls in `options`."""
    if step.program is None:
        return options.command(own_session=own_session)
    # A lesson's own program starts plain processes, each with a count of its own, whatever the other controls are.
    launch = options._replace(variant=Variant(start_method=options.variant.start_method)).command(
        own_session=own_session
    )
    named = ("--workers", str(options.workers), "--limit", str(options.limit))
    return launch._replace(
        argv=(step.program, *(named if step.takes_numbers else ())),
        limit=options.limit if step.takes_numbers else 0,
        source=step.source(),
    )


def _step(read: dict[str, Any], python: PythonInstallation) -> Step:
    values = dict(read["controls"])
    cores = os.cpu_count() or 1
    of_machine = {"cores": cores, "4 x cores": 4 * cores}
    if values.get("workers") in of_machine:
        values["workers"] = min(of_machine[values["workers"]], WORKERS_MAX)
    method = values.get("start_method")
    unavailable = ""
    if method is not None and method not in START_METHODS:
        unavailable = f"This system has no {method}."
        del values["start_method"]
    checks = {control.name: control.check for control in CONTROLS}
    options = Options().with_controls({name: checks[name](value) for name, value in values.items()})
    refused = options.variant.refusal(python.version)
    if refused is not None:
        unavailable = f"{refused[0].upper()}{refused[1:]}. Choose another one under Python."
    elif read.get("free_threaded") and python.gil:
        unavailable = f"Python {_dotted(python.version)} has a GIL. Choose a free-threaded one under Python."
    return Step(
        read["title"],
        read["text"],
        tuple(read["look_for"]),
        tuple(read["shows"]),
        tuple(read.get("prints", ())),
        options,
        read.get("program"),
        read.get("seconds"),
        unavailable,
        _chosen(COUNTER_VIEWS, read),
        _chosen(CORE_VIEWS, read),
    )


def _chosen(views: tuple[str, ...], read: dict[str, Any]) -> str | None:
    return next((view for view in read.get("view", ()) if view in views), None)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
