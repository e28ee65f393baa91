"""Every lesson, run for real: it shows what it promises."""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path

import pytest

from rocketgui import python_installations
from rocketgui.cli import headless
from rocketgui.cli.follow import Follower
from rocketgui.lessons import CORE_VIEWS, COUNTER_VIEWS, Lesson, Step, launch_of, lesson, titles
from rocketgui.model.findings import findings
from rocketgui.model.run import Run
from rocketgui.options import LESSONS, Options
from rocketgui.protocol.variant import START_METHODS
from rocketgui.resources import resource
from tests.helpers import Cli, mark, nothing_is_left, pythons, read_report, this_python

__all__ = ["mark"]

#: A lesson flies long enough to be watched; to be judged, less will do.
LIMITS = {"private": 12_000_000, "unlocked": 1_000_000, "locked": 40_000}
every_lesson = pytest.mark.parametrize("number", range(1, LESSONS + 1))


def shorter(step: Step) -> Options:
    options = step.options._replace(python=python_installations.own())
    most = 800 if options.variant.work == "sleep" else LIMITS[options.variant.variable]
    if options.variant.work == "count":  # more workers share the cores, or the GIL
        most = most * 2 // max(options.workers, 2)
    if "cores_busy" in step.shows:  # start-up is part of that
        most *= 3
    if "oversubscription" in step.shows:  # all have to run at once for a while
        most *= 2
    return options if step.seconds else options._replace(limit=min(options.limit, most))


def promised(step: Step, run: Run) -> set[str]:
    """What a step has to show: no speed-up if other programs kept the one that it is held against from a core."""
    starved = [past for past in run.before if past.workers == 1 and (past.cores_used or 0) < 0.85]
    return set(step.shows) - ({"speed_up"} if starved else set())


def most_able() -> python_installations.PythonInstallation:
    """The Python that can do most of the lessons: not every one has more interpreters, or can go without a GIL."""
    found = [python_installations.known(python.executable) for python in pythons()]
    return max(found, key=lambda python: (not python.gil, python.version))


@pytest.mark.slow
@pytest.mark.alone
@every_lesson
def test_shows_what_it_promises(number: int, capfd: pytest.CaptureFixture[str]) -> None:
    python, faster = python_installations.known(python_installations.own()), 1
    if any(step.unavailable for step in lesson(number).steps):
        assert number == 6
        python, faster = most_able(), 2  # than this one, so that it has to go further to be seen
    with Follower() as follower:
        for step in lesson(number, python).steps:
            if step.unavailable:
                continue
            options = shorter(step)
            options = options._replace(python=python.path, limit=faster * options.limit)
            command = launch_of(step, options, own_session=False)
            headless.follow(follower, command, headless.Signals(), headless.work_for(1.5 if step.seconds else None))
            run = follower.model.run
            said = {finding.id: finding.text for finding in findings(run)}
            assert promised(step, run) <= set(said), (step.title, said)
            printed = [line.text for line in run.output]
            assert all(any(piece in line for line in printed) for piece in step.prints), printed
            assert run.ended is not None
            assert run.ended.ended == ("stopped" if step.seconds else "finished")
    capfd.readouterr()


@every_lesson
def test_can_be_read(number: int) -> None:
    told = lesson(number)
    assert told.title == titles()[number - 1]
    for step in told.steps:
        assert step.text.endswith((".", ")", "!"))
        assert step.look_for
        assert step.shows
        assert step.counter_view in (None, *COUNTER_VIEWS)
        assert step.core_view in (None, *CORE_VIEWS)
        if step.program is not None:
            ast.parse(step.source() or "", feature_version=(3, 8))


def test_there_are_as_many_as_promised() -> None:
    files = sorted(path.stem for path in resource("lessons").glob("*.json"))
    assert files == [str(number) for number in range(1, LESSONS + 1)]


def test_workers_follow_the_machine() -> None:
    cores = os.cpu_count() or 1
    assert [step.options.workers for step in lesson(5).steps] == [1, cores, 4 * cores]


def test_views() -> None:
    assert [(step.counter_view, step.core_view) for step in lesson(3).steps] == [(None, "timeline")] * 3
    assert (lesson(5).steps[0].counter_view, lesson(5).steps[0].core_view) == ("curves", "load")
    every = [json.loads(path.read_text(encoding="utf-8")) for path in resource("lessons").glob("*.json")]
    named = {view for read in every for step in read["steps"] for view in step.get("view", ())}
    assert named <= {*COUNTER_VIEWS, *CORE_VIEWS}


def test_a_program_without_a_limit_has_none() -> None:
    launches = [launch_of(step, step.options, own_session=False) for step in lesson(9).steps]
    assert [launch.limit for launch in launches] == [0, sys.maxsize]


def test_start_method_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rocketgui.lessons.START_METHODS", tuple(set(START_METHODS) - {"fork"}))
    told: Lesson = lesson(3)
    assert [step.unavailable for step in told.steps] == ["This system has no fork.", "", ""]


def test_without_a_window(mark: str, tmp_path: Path) -> None:
    """What the user gives takes the place of what the lesson says."""
    path = tmp_path / "r.json"
    words = ("--headless", "--lesson", "3", "--limit", "1000", "--workers", "3", "--report", str(path))
    with Cli(mark, *words, "--python", this_python().executable) as cli:
        assert cli.finish() == 0, cli.stderr
    nothing_is_left(mark)
    report = read_report(path)
    runs = [*report["before"], report]
    assert [run["program"]["start_method"] for run in runs] == ["fork", "forkserver", "spawn"]
    assert [len(run["processes"]) for run in runs] == [4, 4, 4]
    assert "Lesson 3: Lift-off, 3 of 3: spawn" in cli.stderr
    [start_up] = [finding for finding in report["findings"] if finding["id"] == "start_up"]
    assert set(start_up["figures"]["before_ms"]) == {"fork", "forkserver"}
    assert json.loads(path.read_text())["version"] == 1
