"""Findings say what a run showed, and nothing else."""

from __future__ import annotations

import signal
import sys

import pytest

from rocketgui.model.findings import Finding, findings
from rocketgui.model.run import Run
from rocketgui.protocol import messages
from tests.model.builder import MS, Story


def found(story: Story) -> dict[str, Finding]:
    return {finding.id: finding for finding in findings(story.run)}


def test_nothing_is_said_of_nothing() -> None:
    assert findings(Run()) == []
    assert found(Story(0)) == {}


def test_what_a_lesson_promises_comes_first_but_for_what_went_wrong() -> None:
    story = Story(3)
    story.count(500, p1=0, p2=28, p3=7)
    ids = [finding.id for finding in findings(story.run)]
    assert (ids[0], ids[-1]) == ("overlap", "start_up")
    assert [f.id for f in findings(story.run, first=("start_up",))] == ["start_up", *ids[:-1]]
    story.tell(900, messages.Ended(2, None, signal.SIGKILL, False))
    assert [f.id for f in findings(story.run, first=("start_up",))][:2] == ["killed", "start_up"]


def test_isolation_is_said_with_values_and_pids() -> None:
    story = Story()
    story.count(500, p1=0, p2=28_412_117, p3=7)
    finding = found(story)["isolation"]
    assert finding.figures == {"parent_pid": 100, "parent": 0, "children": {"101": 28_412_117, "102": 7}}
    assert "28,412,117 in func1 (pid 101)" in finding.text
    assert "parent (pid 100) it is still 0" in finding.text


def test_isolation_is_not_said_when_the_parent_counted_or_is_not_known() -> None:
    story = Story()
    story.count(500, p2=5)
    assert "isolation" not in found(story)
    story.count(600, p1=0)
    assert "isolation" in found(story)
    story.count(700, p1=1)
    assert "isolation" not in found(story)


def test_overlap_of_two_that_ended() -> None:
    story = Story()
    story.leave(2, 1_000)
    story.leave(3, 1_100)
    story.end(1_200)
    # Entered at 100 and 110 ms, left at 1000 and 1100: 890 of 1000 ms.
    assert found(story)["overlap"].figures == {"percent": 89.0, "processes": 2, "together_s": 0.89}
    assert found(story)["overlap"].text.startswith("Both processes ran at once. They overlapped for 89 %")


def test_overlap_of_running_ones_is_up_to_now() -> None:
    story = Story(3)
    story.tell(1_120)
    finding = found(story)["overlap"]
    assert finding.figures["percent"] == 98.0
    assert finding.text.startswith("All 3 processes run at once.")


def test_no_overlap_is_said_as_such() -> None:
    story = Story()
    story.tell(1, messages.LifecycleEvent(3, "target_entered", 2_000 * MS))
    story.leave(2, 1_000)
    story.leave(3, 3_000)
    story.end(3_100)
    assert found(story)["overlap"].text == "At no moment did both processes run at once."


def test_overlap_waits_until_all_have_begun() -> None:
    story = Story()
    story.tell(1_000, messages.ProcessSeen(9, 1, 109, "process", "late", True))
    assert "overlap" not in found(story)


def test_more_workers_than_cores_share_them() -> None:
    story = Story(4, cores=2)
    story.tell(1_100)
    story.load(1_100, story.workers, 0.5, 100)
    finding = found(story)["oversubscription"]
    assert finding.text.startswith("4 processes share 2 cores. Each gets 49 % of a core. The system interrupts them")
    assert finding.figures["share_percent"] == pytest.approx(49.0)  # 0.5 of 1.02 s
    story.end(1_200)
    assert found(story)["oversubscription"].text == (
        "4 processes shared 2 cores. Each got 49 % of a core. The system interrupted them 392 times a second."
    )
    assert "oversubscription" not in found(Story(2, cores=2))


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
    assert first.text == "func1 (pid 101) was killed by SIGKILL after 820 ms. 1 other still runs."
    assert second.text == "func2 (pid 102) failed. ValueError: no fuel"


def test_nothing_is_said_to_run_or_to_get_a_share_while_paused() -> None:
    story = Story(4, cores=2)
    story.tell(900, messages.Ended(2, None, signal.SIGKILL, False))
    story.load(1_100, story.workers, 0.5, 100)
    story.tell(1_100)
    story.count(1_110, p1=0)
    assert "3 others still run" in found(story)["killed"].text
    assert "oversubscription" in found(story)
    story.tell(1_200, messages.ControlState(4, 10_000_000, True))
    assert found(story)["killed"].text == "func1 (pid 101) was killed by SIGKILL."
    assert "oversubscription" not in found(story)


@pytest.mark.parametrize("resumed", [True, False])
def test_a_pause_takes_nothing_from_a_share(resumed: bool) -> None:
    story = Story(4, cores=2)
    story.tell(1_100)
    story.load(1_100, story.workers, 0.5, 100)
    before = found(story)["oversubscription"].figures["share_percent"]
    story.tell(1_100, messages.ControlState(4, 10_000_000, True))
    story.tell(61_100)
    if resumed:
        story.tell(61_100, messages.ControlState(4, 10_000_000, False))
    else:
        story.end(61_100, "stopped", None)
    assert found(story)["oversubscription"].figures["share_percent"] == pytest.approx(before)


def pool(waits_ms: int, died_ms: int, number: int | None) -> Story:
    """A worker of a pool ends, by a signal or with exit code 5; its parent waits for a result from `waits_ms` on."""
    story = Story(1, run_as="", work="")
    story.tell(85, messages.ProcessSeen(2, 1, 101, "process", "ForkPoolWorker-1", True))
    story.tell(waits_ms, messages.Activity(1, waits_ms * MS, "queue", "", 19, "main.py", "<module>"))
    code = 5 if number is None else None
    story.tell(died_ms, messages.LifecycleEvent(2, "exited", died_ms * MS), messages.Ended(2, code, number, False))
    return story


@pytest.mark.parametrize("number", [signal.SIGKILL, None])
@pytest.mark.parametrize(("waits_ms", "died_ms"), [(200, 3_000), (3_000, 200)])
def test_a_worker_of_a_pool_that_died(waits_ms: int, died_ms: int, number: int | None) -> None:
    story = pool(waits_ms, died_ms, number)
    story.tell(3_900)
    assert "pool_worker_died" not in found(story)
    story.tell(4_100)
    assert "pool_worker_died" in found(story)
    story.tell(4_200, messages.LifecycleEvent(1, "exited", 4_200 * MS), messages.Ended(1, None, signal.SIGINT, True))
    story.tell(4_200, messages.RunEnded(4_200 * MS, "stopped", None))
    assert "pool_worker_died" in found(story)
    story.tell(4_200, messages.Terminated(2, 150 * MS, signal.SIGKILL))
    assert ("pool_worker_died" in found(story)) == (number is None)


@pytest.mark.parametrize("woken", [False, True])
def test_a_worker_of_a_pool_that_ended_with_the_run(woken: bool) -> None:
    """Ctrl-C ends the wait, and then the pool its workers."""
    story = pool(200, 5_020, signal.SIGTERM)
    if woken:
        story.tell(5_050, messages.Activity(1, 5_010 * MS, "join", "", 0, "", ""))
    story.tell(5_100, messages.LifecycleEvent(1, "exited", 5_100 * MS), messages.Ended(1, 1, None, True))
    story.tell(5_100, messages.RunEnded(5_100 * MS, "stopped", 1))
    assert "pool_worker_died" not in found(story)


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
    assert found(workers)["failed"].text.startswith("func1 (pid 100) failed")


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
    assert found(story)["stopped"].text == "The run was stopped after 900 ms."


def test_how_many_did_not_start_and_why() -> None:
    story = Story(2)
    for number in range(3):
        story.tell(100, messages.StartFailed(1, f"func{number + 3}", 100 * MS, "Resource temporarily unavailable"))
    finding = found(story)["start_failed"]
    assert finding.text == "3 of 5 processes did not start. The system refused: Resource temporarily unavailable"
    story.tell(110, messages.WorkersNotStarted(60, 58))
    assert found(story)["start_failed"].figures == {
        "failed": 58,
        "wanted": 60,
        "reasons": ["Resource temporarily unavailable"],
    }


def test_a_fork_server_that_could_not_fork() -> None:
    story = Story(1)
    story.tell(100, messages.StartFailed(1, "func2", 100 * MS, "EOFError: unexpected EOF"))
    assert found(story)["start_failed"].text == (
        "1 of 2 processes did not start. The fork server could not fork, and ended; nobody waits any more for those "
        "that it had started."
    )


def test_no_reason_is_made_up() -> None:
    story = Story(1, run_as="threads")
    story.tell(100, messages.StartFailed(1, "func2", 100 * MS, ""))
    assert found(story)["start_failed"].text == "1 of 2 threads did not start."


def test_shares_are_those_of_a_time_in_which_that_many_ran() -> None:
    """Three of eight go, and others come: at no time more than eight ran."""
    story = Story(8, cores=2)
    story.load(1_100, story.workers, 0.25, 100)
    for number in (2, 3, 4):
        story.leave(number, 1_200)
    for number in (20, 21, 22):
        story.tell(
            1_300,
            messages.ProcessSeen(number, 1, 99 + number, "process", f"func{number}", True),
            messages.LifecycleEvent(number, "began", 1_300 * MS),
            messages.LifecycleEvent(number, "target_entered", 1_300 * MS),
        )
    alive = (5, 6, 7, 8, 9)
    story.load(3_100, alive, 0.75, 200)
    story.load(3_100, (20, 21, 22), 0.45, 200)
    story.tell(3_100)
    finding = found(story)["oversubscription"]
    assert finding.figures["processes"] == 8
    assert finding.figures["share_percent"] == pytest.approx(25, abs=1)
    for number in alive:
        story.leave(number, 3_200)
    story.tell(3_900)
    assert found(story)["oversubscription"].text.startswith("8 processes shared 2 cores. Each got 25 %")


def test_processes_that_share_cores_with_other_programs() -> None:
    story = cores_at(seen(Story(4), "python"), 100.0, 100.0)
    story.load(1_100, story.workers, 0.1, 100)
    story.tell(1_100)
    assert found(story)["oversubscription"].text.startswith(
        "4 processes share 2 cores with other programs. Each gets 10 % of a core."
    )
    waiting = cores_at(seen(Story(4), "sleep"), 100.0, 100.0)
    waiting.load(1_100, waiting.workers, 0.1, 100)
    waiting.tell(1_100)
    assert "oversubscription" not in found(waiting)


def test_an_overlap_that_is_nearly_none() -> None:
    story = Story(7)
    story.tell(1, messages.LifecycleEvent(8, "target_entered", 9_995 * MS))
    for number in story.workers:
        story.leave(number, 10_000)
    story.end(10_100)
    assert found(story)["overlap"].text == (
        "All 7 processes ran at once for less than 1 % of the time from the first one’s start to the last one’s end."
    )


def test_how_many_still_run_is_said_once() -> None:
    story = Story(5)
    for number in (2, 3):
        story.tell(900, messages.Ended(number, None, signal.SIGKILL, False))
    texts = [finding.text for finding in findings(story.run) if finding.id == "killed"]
    assert [text.endswith("3 others still run.") for text in texts] == [False, True]


def test_losses_are_said() -> None:
    story = Story()
    story.tell(100, messages.Losses(1_234, 0, 1, 0))
    assert found(story)["losses"].text == (
        "Not everything was seen. Lost: 1,234 samples dropped, 1 process that never reported."
    )


# ---------------------------------------------------------------- run as, work, variable


def flight(
    story: Story, *, counts: int, seconds: float = 1.0, cpu_s: float = 1.0, name: str = "rocket", step_ms: float = 0
) -> Story:
    """All workers count up to `counts`, one after another if `step_ms` is their length, and leave after `seconds`."""
    for place, number in enumerate(story.workers):
        begins = 200 + place * step_ms
        ends = begins + 1000 * seconds
        story.tell(begins, messages.LifecycleEvent(number, "target_entered", round(begins * MS)))
        story.sample(begins, number, name, 0)
        story.sample(ends, number, name, counts)
        story.load(ends, (number,), cpu_s, 3)
        story.leave(number, ends)
    return story


def cores_at(story: Story, *percent: float) -> Story:
    """The load of each core of the machine, all through the run."""
    story.tell(600, messages.CoreLoad(600 * MS, percent))
    return story


def seen(story: Story, what: str) -> Story:
    """All workers are seen to do that, from the first moment on."""
    for number in story.workers:
        story.tell(200, messages.Activity(number, 100 * MS, what, "", 0, "", ""))
    return story


def threads(workers: int = 2, cores: int = 2, work: str = "count") -> Story:
    story = Story(workers, cores, run_as="threads", work=work)
    for number in story.workers:
        story.tell(60, messages.ProcessSeen(number, 1, 100, "thread", f"func{number - 1}", True))
    return story


def test_threads_that_share_one_core() -> None:
    story = flight(threads(), counts=1_000_000, seconds=2, cpu_s=1.0)
    story.load(2_300, (1,), 2.02, 0)
    story.end(2_300)
    finding = found(story)["gil_bound"]
    assert finding.figures == {"threads": 2, "cores": 2, "cores_used": 0.89}
    assert "isolation" not in found(story)


@pytest.mark.parametrize("cpu_s", [0.1, 3.9])
def test_threads_that_wait_or_run_at_once(cpu_s: float) -> None:
    """They sleep; or the interpreter has no GIL, whatever it says."""
    story = cores_at(flight(threads(), counts=1_000_000, seconds=2), 3.0, 50.0 * cpu_s)
    story.load(2_300, (1,), cpu_s, 0)
    story.end(2_300)
    assert "gil_bound" not in found(story)
    assert ("io_bound" in found(story)) == (cpu_s < 1)


def test_processes_are_not_bound_by_one_gil() -> None:
    story = flight(Story(), counts=1_000_000, seconds=2, cpu_s=1.0)
    story.end(2_300)
    assert "gil_bound" not in found(story)


def test_io_bound() -> None:
    story = cores_at(flight(Story(), counts=1_000, seconds=2, cpu_s=0.08), 5.0, 5.0)
    story.end(2_300)
    assert found(story)["io_bound"].figures == {"workers": 2, "share_percent": 4.0}
    busy = flight(Story(), counts=1_000, seconds=2, cpu_s=1.9)
    busy.end(2_300)
    assert "io_bound" not in found(busy)


@pytest.mark.parametrize("workers", [4, 8])
def test_threads_that_wait_for_the_gil_are_not_io_bound(workers: int) -> None:
    """Each of them uses a quarter of a core or less, and cores are idle."""
    story = cores_at(flight(threads(workers, 4), counts=1_000_000, seconds=2), *[25.0] * 4)
    story.load(2_300, (1,), 2.18, 0)
    story.end(2_300)
    assert "gil_bound" in found(story)
    assert "io_bound" not in found(story)


@pytest.mark.parametrize("what", ["python", "native", "lock", "queue"])
def test_workers_that_do_not_wait_for_the_world_are_not_io_bound(what: str) -> None:
    """Other programs keep the cores, or another worker the lock."""
    story = cores_at(seen(flight(Story(), counts=1_000, seconds=2, cpu_s=0.2), what), 99.0, 99.0)
    assert "io_bound" not in found(story)
    assert "io_bound" not in found(cores_at(flight(threads(), counts=1_000, seconds=2), 99.0, 99.0))


def test_workers_that_are_seen_to_sleep_are_io_bound_on_a_busy_machine_too() -> None:
    story = cores_at(seen(flight(Story(), counts=1_000, seconds=2, cpu_s=0.08), "sleep"), 99.0, 99.0)
    assert found(story)["io_bound"].text.startswith("The workers wait nearly all the time. Each uses 4 % of a core:")
    assert "cores_busy" not in found(story)
    for number in story.workers:
        story.tell(2_100, messages.Activity(number, 1_700 * MS, "python", "", 0, "", ""))
    story.end(2_300)
    assert found(story)["io_bound"].text.startswith("The workers waited most of the time.")


def test_threads_that_sleep_on_a_busy_machine() -> None:
    """Nobody sees what threads do; but what the built-in program does is known."""
    story = cores_at(flight(threads(work="sleep"), counts=1_000, seconds=2), 99.0, 99.0)
    story.load(2_300, (1,), 0.1, 0)
    assert found(story)["io_bound"].text.startswith("The workers sleep before each count. Each uses 2 % of a core:")


def test_cores_that_are_busy() -> None:
    story = cores_at(seen(flight(Story(), counts=1_000, seconds=2, cpu_s=1.8), "python"), 97.0, 99.0)
    assert found(story)["cores_busy"].text == ("Both cores are busy. Their load since launch is 97 %, 99 % on average.")
    story.end(2_300)
    assert found(story)["cores_busy"].text == (
        "Both cores were busy. Their load since launch was 97 %, 99 % on average."
    )


def test_cores_that_are_busy_with_other_programs_too() -> None:
    story = cores_at(seen(flight(Story(), counts=1_000, seconds=2, cpu_s=0.4), "python"), 100.0, 100.0)
    assert found(story)["cores_busy"].text.endswith("100 %, 100 % on average, 20 % of it by the workers.")
    assert "io_bound" not in found(story)


def shared(variable: str, value: int, attempts: int = 1_000, step_ms: float = 0) -> Story:
    story = flight(Story(variable=variable), counts=attempts, name="attempts", step_ms=step_ms)
    story.sample(1_500, 1, "rocket", value)
    story.end(1_600)
    return story


def test_lost_updates() -> None:
    finding = found(shared("unlocked", 1_400))["lost_updates"]
    assert finding.figures == {"attempts": 2_000, "value": 1_400, "lost": 600, "locked": False}
    assert finding.text.startswith("600 of 2,000 counts were lost.")
    assert "isolation" not in found(shared("unlocked", 0))


def test_no_update_was_lost() -> None:
    exact, lucky = found(shared("locked", 2_000)), found(shared("unlocked", 2_000))
    assert "exact" in exact
    assert "none_lost" in lucky
    assert "Nothing promises that" in lucky["none_lost"].text
    in_turn = found(shared("unlocked", 2_000, step_ms=1_000))["none_lost"]
    assert in_turn.text.startswith("No count was lost, as they counted one after another.")
    assert "lost_updates" not in exact | lucky
    assert "exact" not in lucky


def test_updates_of_workers_that_were_killed_are_not_judged() -> None:
    story = Story(variable="locked")
    story.sample(300, 2, "attempts", 10)
    story.sample(300, 3, "attempts", 10)
    story.sample(300, 1, "rocket", 15)
    story.tell(400, messages.Ended(2, None, 9, False))
    story.leave(3, 500)
    story.end(600)
    assert not {"exact", "lost_updates", "none_lost"} & set(found(story))


def test_one_after_another() -> None:
    """Three workers on two cores, of which never two run at once, are not too many."""
    story = flight(Story(3, run_as="one-after-another"), counts=10, seconds=1, step_ms=1_000)
    story.end(3_300)
    assert found(story)["overlap"].figures["percent"] == 0
    assert "oversubscription" not in found(story)


def test_speed_up_is_measured_against_one_worker() -> None:
    story = flight(Story(1), counts=1_000_000, seconds=1)
    story.end(1_300)
    assert "speed_up" not in found(story)
    flight(story.again(2), counts=1_000_000, seconds=1)
    story.end(1_300)
    assert found(story)["speed_up"].figures == {
        "speed_up": 2.0, "workers": 2, "counts_per_s": 2_000_000, "alone_per_s": 1_000_000,
    }  # fmt: skip
    flight(story.again(1), counts=100_000, seconds=1, cpu_s=0.1)  # other programs had the cores
    story.end(1_300)
    flight(story.again(2), counts=1_000_000, seconds=1)
    story.end(1_300)
    assert found(story)["speed_up"].figures["alone_per_s"] == 1_000_000
    flight(story.again(2, work="sleep"), counts=500, seconds=1)
    assert "speed_up" not in found(story), "what was measured was another work"


def test_start_up_names_other_methods_if_they_were_measured() -> None:
    story = flight(Story(2), counts=10)
    figures = found(story)["start_up"].figures
    assert found(story)["start_up"].text.endswith("from start() to its first line on average.")
    assert found(Story(3))["start_up"].text.endswith("(median).")
    assert found(Story(1))["start_up"].text.endswith("from start() to its first line.")
    assert figures == {"how": "spawn", "median_ms": 160.0, "before_ms": {}}
    story.end(1_300)
    story.again(2, start_method="fork")
    assert found(story)["start_up"].figures == {"how": "fork", "median_ms": 65.0, "before_ms": {"spawn": 160.0}}


def test_start_order() -> None:
    story = Story(2)
    assert "start_order" not in found(story)
    story.tell(
        150, messages.LifecycleEvent(2, "start_called", 39 * MS), messages.LifecycleEvent(2, "target_entered", 140 * MS)
    )
    assert found(story)["start_order"].figures == {"calls": ["func1", "func2"], "first_lines": ["func2", "func1"]}
    many = Story(8)
    many.tell(
        150, messages.LifecycleEvent(2, "start_called", 39 * MS), messages.LifecycleEvent(2, "target_entered", 340 * MS)
    )
    assert "8 of 8 processes began out of turn" in found(many)["start_order"].text


def printed(*lines: tuple[int, str]) -> Story:
    story = Story()
    for place, (number, text) in enumerate(lines):
        story.tell(300 + place, messages.Output(number, (300 + place) * MS, "stdout", text))
    story.leave(2, 900)
    story.leave(3, 900)
    return story


def test_interleaved() -> None:
    mixed = printed((2, "start"), (3, "start"), (2, "end"), (3, "end"))
    assert found(mixed)["interleaved"].figures == {"workers": 2}
    in_turn = printed((2, "start"), (2, "end"), (3, "start"), (3, "end"))
    assert "interleaved" not in found(in_turn)
    assert "interleaved" not in found(printed((2, "start"), (3, "start")))


def test_far_limit() -> None:
    story = Story(1)
    story.tell(0, messages.ControlState(1, sys.maxsize, False))
    for place in range(10):
        story.count(500 + 100 * place, p2=590_000 * place)
    story.tell(1_400)
    finding = found(story)["far_limit"]
    assert finding.figures["counts_per_s"] == pytest.approx(5_900_000)
    assert "about 49,500 years" in finding.text
    story.tell(1_400, messages.ControlState(1, 10**9, False))
    assert "far_limit" not in found(story)


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
