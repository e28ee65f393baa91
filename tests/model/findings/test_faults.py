"""What went wrong in a run, and what of it was not seen."""

from __future__ import annotations

import signal

from rocketgui.model.findings import findings
from rocketgui.protocol import messages
from tests.model.builder import MS, Story
from tests.model.findings.stories import found, numbers, printed, threads


def test_who_died_and_of_what_comes_first() -> None:
    story = Story(3)
    story.tell(
        900,
        messages.LifecycleEvent(2, "exited", 900 * MS),
        messages.Ended(2, None, signal.SIGKILL, False),
        messages.Failed(3, "ValueError: no fuel"),
        messages.Ended(3, 1, None, False),
    )
    story.count(950, p1=0, p4=3)
    first, second = findings(story.run)[:2]
    assert (first.id, first.figures) == ("killed", {"process": 2, "pid": 101, "signal": signal.SIGKILL})
    assert numbers(first) == ["101", "820", "1"], "its pid, after how many ms, and how many others run"
    assert (second.id, second.figures) == (
        "failed",
        {"process": 3, "pid": 102, "error": "ValueError: no fuel", "exit_code": 1},
    )


def test_nothing_is_said_to_run_or_to_get_a_share_while_paused() -> None:
    story = Story(4, cores=2)
    story.tell(900, messages.Ended(2, None, signal.SIGKILL, False))
    story.load(1_100, story.workers, 0.5, 100)
    story.tell(1_100)
    story.count(1_110, p1=0)
    assert numbers(found(story)["killed"]) == ["101", "3"]
    assert "oversubscription" in found(story)
    story.tell(1_200, messages.ControlState(4, 10_000_000, True))
    assert numbers(found(story)["killed"]) == ["101"]
    assert "oversubscription" not in found(story)


def test_many_deaths_are_counted() -> None:
    story = Story(9)
    for number in story.workers:
        story.tell(900, messages.Ended(number, None, signal.SIGTERM, False))
    ids = [finding.id for finding in findings(story.run)]
    assert ids.count("killed") == 3
    assert found(story)["killed_more"].figures == {"killed": 9}


def test_threads_of_a_process_that_was_killed_are_not_killed_processes() -> None:
    story = Story(1, run_as="", work="")
    for number in (20, 21, 22):
        story.tell(90, messages.ProcessSeen(number, 2, 101, "thread", f"Thread-{number}", True))
    for number in (2, 20, 21, 22):
        story.tell(900, messages.Ended(number, None, signal.SIGTERM, False))
    assert [f.figures["process"] for f in findings(story.run) if f.id == "killed"] == [2]
    assert "killed_more" not in found(story)
    workers = threads(1)
    workers.tell(900, messages.Failed(2, "ValueError: no"), messages.Ended(2, 1, None, False))
    assert found(workers)["failed"].figures == {"process": 2, "pid": 100, "error": "ValueError: no", "exit_code": 1}


def test_what_its_parent_ended_did_not_die() -> None:
    story = Story(2)
    story.tell(900, messages.Ended(2, None, signal.SIGTERM, False), messages.Terminated(2, 890 * MS, signal.SIGTERM))
    assert "killed" not in found(story)
    assert story.run.processes[2].outcome() == "killed by SIGTERM"
    story.tell(900, messages.Terminated(3, 890 * MS, signal.SIGTERM), messages.Ended(3, None, signal.SIGKILL, False))
    assert found(story)["killed"].figures["process"] == 3


def test_what_the_user_stopped_did_not_die() -> None:
    story = Story()
    for number in story.workers:
        story.tell(900, messages.Ended(number, None, signal.SIGKILL, True))
    story.end(900, "stopped", None)
    assert "killed" not in found(story)
    assert found(story)["stopped"].figures == {"wall_s": 0.9}


def test_how_many_did_not_start_and_why() -> None:
    story = Story(2)
    for number in range(3):
        story.tell(100, messages.StartFailed(1, f"func{number + 3}", 100 * MS, "Resource temporarily unavailable"))
    reasons = ["Resource temporarily unavailable"]
    assert found(story)["start_failed"].figures == {"failed": 3, "wanted": 5, "reasons": reasons}
    story.tell(110, messages.WorkersNotStarted(60, 58))
    assert found(story)["start_failed"].figures == {"failed": 58, "wanted": 60, "reasons": reasons}


def test_a_fork_server_that_could_not_fork() -> None:
    story = Story(1)
    story.tell(100, messages.StartFailed(1, "func2", 100 * MS, "EOFError: unexpected EOF"))
    reasons = ["EOFError: unexpected EOF"]
    assert found(story)["start_failed"].figures == {"failed": 1, "wanted": 2, "reasons": reasons}


def test_no_reason_is_made_up() -> None:
    story = Story(1, run_as="threads")
    story.tell(100, messages.StartFailed(1, "func2", 100 * MS, ""))
    assert found(story)["start_failed"].figures == {"failed": 1, "wanted": 2, "reasons": []}


def test_losses_are_said() -> None:
    story = Story()
    story.tell(100, messages.Losses(1_234, 0, 1, 0))
    assert numbers(found(story)["losses"]) == ["1,234", "1"], "samples, and a process that never reported"


def test_missing_guard() -> None:
    story = printed((2, "        current process has finished its bootstrapping phase."))
    assert found(story)["missing_guard"].figures == {"process": 2}
    assert "missing_guard" not in found(printed((2, "has finished")))
    again = "RuntimeError: context has already been set"
    assert "missing_guard" not in found(printed((2, again))), "its function may set it again"
    child = Story()
    child.tell(90, messages.ProcessSeen(9, 1, 109, "process", "p1", True), messages.LifecycleEvent(9, "began", 85 * MS))
    child.tell(95, messages.Output(1, 95 * MS, "stderr", again))
    assert "missing_guard" not in found(child), "the program sets it twice"
    child.tell(95, messages.Output(9, 95 * MS, "stderr", again))
    child.tell(95, messages.StartFailed(9, "p1-1", 95 * MS, ""))
    assert found(child)["missing_guard"].figures == {"process": 9}
    assert "start_failed" not in found(child), "it was not the system that refused"
