"""One process: its states, what it did, and how it ended."""

from __future__ import annotations

import signal

import pytest

from rocketgui.model.process import Process, ProcessState
from rocketgui.protocol import messages
from tests.model.builder import MS, Story


@pytest.mark.parametrize(
    ("ended", "state", "outcome"),
    [
        (messages.Ended(2, 0, None, False), ProcessState.ENDED, "finished"),
        (messages.Ended(2, 3, None, False), ProcessState.FAILED, "exit code 3"),
        (messages.Ended(2, None, signal.SIGKILL, False), ProcessState.KILLED, "killed by SIGKILL"),
        (messages.Ended(2, None, 99, False), ProcessState.KILLED, "killed by signal 99"),
        (messages.Ended(2, None, signal.SIGKILL, True), ProcessState.STOPPED, "stopped"),
        (messages.Ended(2, None, None, False), ProcessState.ENDED, "ended"),
    ],
)
def test_how_a_process_ended(ended: messages.Ended, state: ProcessState, outcome: str) -> None:
    story = Story()
    story.tell(500, ended)
    process = story.run.processes[2]
    assert (process.state, process.outcome(), process.is_over) == (state, outcome, True)


def test_an_exception_says_more_than_its_exit_code() -> None:
    story = Story()
    story.tell(500, messages.Failed(2, "ValueError: no fuel"), messages.Ended(2, 1, None, False))
    assert story.run.processes[2].outcome() == "ValueError: no fuel"


def test_the_states_in_a_life() -> None:
    process = Process(2, parent=1, pid=5, agent=True)
    seen = [process.state]
    for moment in messages.LIFECYCLE_EVENTS:
        setattr(process, f"{moment}_ns", 1)
        seen.append(process.state)
    assert [str(state) for state in seen] == [
        "waiting", "waiting", "starting", "running", "leaving", "ended", "ended",
    ]  # fmt: skip
    assert Process(1, parent=None, began_ns=1).state is ProcessState.RUNNING
    assert Process(2, parent=1, pid=5, agent=False).state is ProcessState.RUNNING


def test_start_delay() -> None:
    process = Story().run.processes[2]
    assert process.start_delay_s() == pytest.approx(0.06)
    assert Process(9).start_delay_s() is None


def test_what_is_not_available_does_not_undo_what_was_known() -> None:
    story = Story()
    story.load(300, (2,), 0.5, 9)
    none = (None,)
    story.tell(400, messages.ProcessLoad(400 * MS, (2,), none, none, none, none, none, none, none, none))
    process = story.run.processes[2]
    assert (process.cpu, process.cpu_s, process.switches_involuntary, process.cores) == (None, 0.5, 9, {0})


def activity(process: int, t_ms: int, what: str) -> messages.Activity:
    return messages.Activity(process, t_ms * MS, what, "/code/two.py", 12, "work", "")


def test_what_a_process_does_and_when_it_waited() -> None:
    story = Story(workers=2)
    for t_ms, what in ((100, "python"), (200, "queue"), (300, "queue"), (400, "python"), (500, "sleep")):
        story.tell(t_ms, activity(2, t_ms, what))
    run = story.run
    process = run.processes[2]
    assert run.activity(process) == activity(2, 500, "sleep")
    assert run.activity(run.processes[3]) is None
    assert process.waits_ns(700 * MS) == [(200 * MS, 400 * MS, "queue"), (500 * MS, 700 * MS, "sleep")]
    story.tell(800, activity(2, 800, "dancing"), activity(99, 800, "sleep"))
    assert run.bad_messages == 2
    story.tell(900, messages.LifecycleEvent(2, "exited", 850 * MS), messages.Ended(2, 0, None, False))
    assert run.activity(process) is None
    assert process.waits_ns(2_000 * MS)[-1] == (500 * MS, 850 * MS, "sleep")


def test_cpu_is_that_of_the_last_looks() -> None:
    story = Story()
    (process, _), none = story.run.workers, [(None,)] * 7
    for cpu, steady in ((100.0, 100.0), (0.0, 50.0), (100.0, 75.0), (None, None), (40.0, 40.0)):
        story.tell(1, messages.ProcessLoad(MS, (2,), (cpu,), *none))
        assert process.cpu == steady
