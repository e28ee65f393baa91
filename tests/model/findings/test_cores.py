"""What the workers got of the cores, and whether they wanted it.

Also tests rocketgui.model.concurrency and rocketgui.model.utilization.
"""

from __future__ import annotations

import pytest

from rocketgui.protocol import messages
from tests.model.builder import MS, Story
from tests.model.findings.stories import cores_at, counting, found, numbers, seen, threads


def test_more_workers_than_cores_share_them() -> None:
    story = Story(4, cores=2)
    story.tell(1_100)
    story.load(1_100, story.workers, 0.5, 100)
    finding = found(story)["oversubscription"]
    # Each has 0.5 of 1.02 s, and is interrupted 100 times.
    figures = {"processes": 4, "cores": 2, "share_percent": 49.0, "involuntary_per_s": pytest.approx(400 / 1.02)}
    assert finding.figures == figures
    story.end(1_200)
    assert found(story)["oversubscription"].figures == figures
    assert "oversubscription" not in found(Story(2, cores=2))


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
    figures = found(story)["oversubscription"].figures
    assert (figures["processes"], figures["cores"], round(figures["share_percent"])) == (8, 2, 25)


def test_processes_that_share_cores_with_other_programs() -> None:
    story = cores_at(seen(Story(4), "python"), 100.0, 100.0)
    story.load(1_100, story.workers, 0.1, 100)
    story.tell(1_100)
    figures = found(story)["oversubscription"].figures
    assert (figures["processes"], figures["cores"], round(figures["share_percent"])) == (4, 2, 10)
    waiting = cores_at(seen(Story(4), "sleep"), 100.0, 100.0)
    waiting.load(1_100, waiting.workers, 0.1, 100)
    waiting.tell(1_100)
    assert "oversubscription" not in found(waiting)


def test_threads_that_share_one_core() -> None:
    story = counting(threads(), counts=1_000_000, seconds=2, cpu_s=1.0)
    story.load(2_300, (1,), 2.02, 0)
    story.end(2_300)
    finding = found(story)["gil_bound"]
    assert finding.figures == {"threads": 2, "cores": 2, "cores_used": 0.89}
    assert "isolation" not in found(story)


@pytest.mark.parametrize("cpu_s", [0.1, 3.9])
def test_threads_that_wait_or_run_at_once(cpu_s: float) -> None:
    """They sleep; or the interpreter has no GIL, whatever it says."""
    story = cores_at(counting(threads(), counts=1_000_000, seconds=2), 3.0, 50.0 * cpu_s)
    story.load(2_300, (1,), cpu_s, 0)
    story.end(2_300)
    assert "gil_bound" not in found(story)
    assert ("io_bound" in found(story)) == (cpu_s < 1)


def test_processes_are_not_bound_by_one_gil() -> None:
    story = counting(Story(), counts=1_000_000, seconds=2, cpu_s=1.0)
    story.end(2_300)
    assert "gil_bound" not in found(story)


def test_io_bound() -> None:
    story = cores_at(counting(Story(), counts=1_000, seconds=2, cpu_s=0.08), 5.0, 5.0)
    story.end(2_300)
    assert found(story)["io_bound"].figures == {"workers": 2, "share_percent": 4.0}
    busy = counting(Story(), counts=1_000, seconds=2, cpu_s=1.9)
    busy.end(2_300)
    assert "io_bound" not in found(busy)


@pytest.mark.parametrize("workers", [4, 8])
def test_threads_that_wait_for_the_gil_are_not_io_bound(workers: int) -> None:
    """Each of them uses a quarter of a core or less, and cores are idle."""
    story = cores_at(counting(threads(workers, 4), counts=1_000_000, seconds=2), *[25.0] * 4)
    story.load(2_300, (1,), 2.18, 0)
    story.end(2_300)
    assert "gil_bound" in found(story)
    assert "io_bound" not in found(story)


@pytest.mark.parametrize("what", ["python", "native", "lock", "queue"])
def test_workers_that_do_not_wait_for_the_world_are_not_io_bound(what: str) -> None:
    """Other programs keep the cores, or another worker the lock."""
    story = cores_at(seen(counting(Story(), counts=1_000, seconds=2, cpu_s=0.2), what), 99.0, 99.0)
    assert "io_bound" not in found(story)
    assert "io_bound" not in found(cores_at(counting(threads(), counts=1_000, seconds=2), 99.0, 99.0))


def test_workers_that_are_seen_to_sleep_are_io_bound_on_a_busy_machine_too() -> None:
    story = cores_at(seen(counting(Story(), counts=1_000, seconds=2, cpu_s=0.08), "sleep"), 99.0, 99.0)
    assert found(story)["io_bound"].figures == {"workers": 2, "share_percent": 4.0}
    assert "cores_busy" not in found(story)
    for number in story.workers:
        story.tell(2_100, messages.Activity(number, 1_700 * MS, "python", "", 0, "", ""))
    story.end(2_300)
    assert found(story)["io_bound"].figures == {"workers": 2, "share_percent": 4.0}


def test_threads_that_sleep_on_a_busy_machine() -> None:
    """Nobody sees what threads do; but what the built-in program does is known."""
    story = cores_at(counting(threads(work="sleep"), counts=1_000, seconds=2), 99.0, 99.0)
    story.load(2_300, (1,), 0.1, 0)
    assert found(story)["io_bound"].figures == {"workers": 2, "share_percent": pytest.approx(2, abs=0.5)}


def test_cores_that_are_busy() -> None:
    story = cores_at(seen(counting(Story(), counts=1_000, seconds=2, cpu_s=1.8), "python"), 97.0, 99.0)
    assert found(story)["cores_busy"].figures == {"cores": 2, "percent": [97.0, 99.0]}
    story.end(2_300)
    assert found(story)["cores_busy"].figures == {"cores": 2, "percent": [97.0, 99.0]}


def test_cores_that_are_busy_with_other_programs_too() -> None:
    story = cores_at(seen(counting(Story(), counts=1_000, seconds=2, cpu_s=0.4), "python"), 100.0, 100.0)
    assert numbers(found(story)["cores_busy"]) == ["100", "100", "20"], "the last is what the workers have of it"
    assert "io_bound" not in found(story)
