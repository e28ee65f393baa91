"""What findings say: the one place where tests hold sentences. Elsewhere they hold ids and figures."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rocketgui.model import findings as package
from rocketgui.model.findings import findings
from rocketgui.model.findings.finding import all_of, listed
from rocketgui.model.run import OUTPUT_LINES
from rocketgui.model.sweep import Point, Sweep
from rocketgui.protocol import messages
from tests.model.builder import MS, Story
from tests.model.findings.stories import cores_at, counting, pool, printed, seen, shared, threads


def told(story: Story, *said: messages.Message, t_ms: float = 900) -> Story:
    """The story, and this at that time."""
    story.tell(t_ms, *said)
    return story


def ended(story: Story, t_ms: float = 2_300) -> Story:
    """The story, at whose end the program finished."""
    story.end(t_ms)
    return story


def killed(number: int) -> messages.Ended:
    return messages.Ended(number, None, signal.SIGKILL, False)


def left(story: Story, **at_ms: int) -> Story:
    """Workers leave: p2=1_000 and so on; and then the run is over."""
    for name, t_ms in at_ms.items():
        story.leave(int(name[1:]), t_ms)
    return ended(story, max(at_ms.values()) + 100)


def counts(story: Story, **values: int) -> Story:
    story.count(500, **values)
    return story


def loaded(story: Story, cpu_s: float, t_ms: float = 1_100) -> Story:
    """Each of the workers has used so much CPU by then, and was interrupted a hundred times."""
    story.load(t_ms, story.workers, cpu_s, 100)
    return told(story, t_ms=t_ms)


def root_loaded(story: Story, cpu_s: float) -> Story:
    """Threads, whose process has used so much CPU."""
    story.load(2_300, (1,), cpu_s, 0)
    return story


def started_late(workers: int, by_ms: int) -> Story:
    """The first of them is the last to begin."""
    return told(Story(workers), messages.LifecycleEvent(2, "target_entered", by_ms * MS), t_ms=by_ms + 10)


def refused(story: Story, *errors: str) -> Story:
    for number, error in enumerate(errors):
        story.tell(100, messages.StartFailed(1, f"new{number}", 100 * MS, error))
    return story


def one_overlaps_hardly() -> Story:
    story = told(Story(7), messages.LifecycleEvent(8, "target_entered", 9_995 * MS), t_ms=1)
    return left(story, **{f"p{number}": 10_000 for number in story.workers})


def one_after_the_other() -> Story:
    return left(told(Story(), messages.LifecycleEvent(3, "target_entered", 2_000 * MS), t_ms=1), p2=1_000, p3=3_000)


def after_one_alone() -> Story:
    story = ended(counting(Story(1), counts=1_000_000), 1_300)
    return ended(counting(story.again(2), counts=1_000_000), 1_300)


def after_spawn() -> Story:
    return ended(counting(Story(2), counts=10), 1_300).again(2, start_method="fork")


def far_away() -> Story:
    story = told(Story(1), messages.ControlState(1, sys.maxsize, False), t_ms=0)
    for place in range(10):
        story.count(500 + 100 * place, p2=590_000 * place)
    return told(story, t_ms=1_400)


def interpreters() -> Story:
    story = Story(2, run_as="sub-interpreters")
    for number in story.workers:
        story.tell(60, messages.ProcessSeen(number, 1, 100, "interpreter", f"func{number - 1}", True))
    return counts(story, p1=0, p2=28_412_117, p3=7)


def in_one_lock(*dead: int) -> Story:
    """Workers wait for a lock from 100 ms on; `dead` were killed before."""
    story = Story(3)
    for number in story.workers:
        story.tell(150, messages.Activity(number, 140 * MS, "lock", "/code/two.py", 17, "work", "lock 1"))
    for number in dead:
        story.tell(150, messages.LifecycleEvent(number, "exited", 145 * MS), killed(number))
    return told(story, t_ms=1_200)


def in_join() -> Story:
    story = told(Story(1), messages.Activity(1, 150 * MS, "join", "two.py", 30, "", "process 101"), t_ms=150)
    return told(told(story, messages.Activity(2, 150 * MS, "full queue", "", 0, "", ""), t_ms=150), t_ms=1_200)


def printed_much() -> Story:
    story = Story()
    for number in range(OUTPUT_LINES + 7):
        story.run.apply(messages.Output(2, 300 * MS, "stdout", str(number)))
    return story


def unobserved(*numbers: int) -> Story:
    story = Story(4)
    for number in numbers:
        story.tell(300, messages.Unobserved(number, 300 * MS, "its trace file was removed"))
    return story


def restarted(*deaths: int) -> Story:
    """A collector died again and again, for a fifth of a second each time."""
    story = Story()
    for number in deaths:
        story.tell(400, messages.CollectorRestarted(400 * MS, 200 * MS, "was killed by SIGKILL", number))
    return story


def busy(cpu_s: float, *percent: float) -> Story:
    """Two workers are busy on cores with that load; `cpu_s`: what each uses in two seconds."""
    return cores_at(seen(counting(Story(), counts=1_000, seconds=2, cpu_s=cpu_s), "python"), *percent)


def idle() -> Story:
    """Two workers that sleep nearly all the time."""
    return seen(counting(Story(), counts=1_000, seconds=2, cpu_s=0.08), "sleep")


def then_busy(story: Story) -> Story:
    """Its workers are at work for the last quarter of the time."""
    for number in story.workers:
        story.tell(2_100, messages.Activity(number, 1_700 * MS, "python", "", 0, "", ""))
    return ended(story)


def taking_turns() -> Story:
    return ended(root_loaded(counting(threads(), counts=1_000_000, seconds=2), 2.02))


def sleeping_threads() -> Story:
    return root_loaded(cores_at(counting(threads(work="sleep"), counts=1_000, seconds=2), 99.0, 99.0), 0.1)


def idle_cores() -> Story:
    return ended(cores_at(counting(Story(), counts=1_000, seconds=2, cpu_s=0.08), 5.0, 5.0))


def unguarded() -> Story:
    return printed((2, "        current process has finished its bootstrapping phase."))


def failing(number: int, error: str = "", code: int = 1) -> tuple[messages.Message, ...]:
    end = messages.Ended(number, code, None, False)
    return (messages.Failed(number, error), end) if error else (end,)


def run_ended(how: str) -> Story:
    return told(Story(), messages.RunEnded(900 * MS, how, None))


#: The id of a finding, a run in which it is found, and what it says of it.
WORDING: list[tuple[str, Callable[[], Story], str]] = [
    (
        "overlap",
        lambda: left(Story(), p2=1_000, p3=1_100),
        "Both processes ran at once. They overlapped for 89 % of the time from the first one’s start to the "
        "last one’s end.",
    ),
    (
        "overlap",
        lambda: told(Story(3), t_ms=1_120),
        "All 3 processes run at once. They overlap for 98 % of the time since the first one began.",
    ),
    (
        "overlap",
        one_overlaps_hardly,
        "All 7 processes ran at once for less than 1 % of the time from the first one’s start to the last one’s end.",
    ),
    ("overlap", one_after_the_other, "At no moment did both processes run at once."),
    (
        "overlap",
        lambda: left(threads(), p2=1_000, p3=1_100),
        "Both threads were under way at once. They overlapped for 89 % of the time from the first one’s start"
        " to the last one’s end.",
    ),
    (
        "speed_up",
        after_one_alone,
        "2 processes count 2.00 times as fast as one did. Together 2.00 M/s, one alone 1.00 M/s.",
    ),
    (
        "interleaved",
        lambda: printed((2, "start"), (3, "start"), (2, "end"), (3, "end")),
        "Both printed their first line before any printed its last. Their output is mixed: they ran at once.",
    ),
    (
        "oversubscription",
        lambda: loaded(Story(4), 0.5),
        "4 processes share 2 cores. Each gets 49 % of a core. The system interrupts them 392 times a second.",
    ),
    (
        "oversubscription",
        lambda: ended(loaded(Story(4), 0.5), 1_200),
        "4 processes shared 2 cores. Each got 49 % of a core. The system interrupted them 392 times a second.",
    ),
    (
        "oversubscription",
        lambda: loaded(cores_at(seen(Story(4), "python"), 100.0, 100.0), 0.1),
        "4 processes share 2 cores with other programs. Each gets 10 % of a core. The system interrupts them "
        "392 times a second.",
    ),
    (
        "gil_bound",
        taking_turns,
        "2 threads shared one core. Together they got 89 % of a core, though the machine has 2: one "
        "interpreter runs Python code of one thread at a time (the GIL).",
    ),
    (
        "io_bound",
        idle_cores,
        "The workers waited nearly all the time. Each used 4 % of a core: this work is I/O-bound, and more "
        "cores would not speed it up.",
    ),
    (
        "io_bound",
        idle,
        "The workers wait nearly all the time. Each uses 4 % of a core: this work is I/O-bound, and more "
        "cores would not speed it up.",
    ),
    (
        "io_bound",
        lambda: then_busy(idle()),
        "The workers waited most of the time. Each used 4 % of a core: this work is I/O-bound, and more cores"
        " would not speed it up.",
    ),
    (
        "io_bound",
        sleeping_threads,
        "The workers sleep before each count. Each uses 2 % of a core: this work is I/O-bound, and more cores"
        " would not speed it up.",
    ),
    (
        "cores_busy",
        lambda: busy(1.8, 97.0, 99.0),
        "Both cores are busy. Their load since launch is 97 %, 99 % on average.",
    ),
    (
        "cores_busy",
        lambda: ended(busy(1.8, 97.0, 99.0)),
        "Both cores were busy. Their load since launch was 97 %, 99 % on average.",
    ),
    (
        "cores_busy",
        lambda: busy(0.4, 100.0, 100.0),
        "Both cores are busy. Their load since launch is 100 %, 100 % on average, 20 % of it by the workers.",
    ),
    ("start_up", lambda: Story(1), "To start a process under spawn took 60 ms, from start() to its first line."),
    (
        "start_up",
        lambda: Story(2),
        "To start a process under spawn took 65 ms, from start() to its first line on average.",
    ),
    (
        "start_up",
        lambda: Story(3),
        "To start a process under spawn took 70 ms, from start() to its first line (median).",
    ),
    (
        "start_up",
        after_spawn,
        "To start a process under fork took 65 ms, from start() to its first line on average. Before: spawn 160 ms.",
    ),
    (
        "start_up",
        lambda: Story(1, run_as="threads", start_method=""),
        "To start a thread took 60 ms, from start() to its first line.",
    ),
    (
        "start_order",
        lambda: started_late(2, 140),
        "First lines came in another order than the calls of start(). Called: func1 and func2; began: func2 and func1.",
    ),
    (
        "start_order",
        lambda: started_late(8, 340),
        "First lines came in another order than the calls of start(): 8 of 8 processes began out of turn.",
    ),
    (
        "start_failed",
        lambda: refused(Story(2), *["Resource temporarily unavailable"] * 3),
        "3 of 5 processes did not start. The system refused: Resource temporarily unavailable",
    ),
    (
        "start_failed",
        lambda: refused(Story(1), "EOFError: unexpected EOF"),
        "1 of 2 processes did not start. The fork server could not fork, and ended; nobody waits any more for"
        " those that it had started.",
    ),
    ("start_failed", lambda: refused(Story(1, run_as="threads"), ""), "1 of 2 threads did not start."),
    (
        "killed",
        lambda: told(Story(2), messages.LifecycleEvent(2, "exited", 900 * MS), killed(2)),
        "func1 (pid 101) was killed by SIGKILL after 820 ms. 1 other still runs.",
    ),
    ("killed", lambda: told(Story(5), killed(2)), "func1 (pid 101) was killed by SIGKILL. 4 others still run."),
    (
        "killed",
        lambda: told(told(Story(5), killed(2)), messages.ControlState(5, 7, True)),
        "func1 (pid 101) was killed by SIGKILL.",
    ),
    (
        "killed_more",
        lambda: told(Story(9), *[killed(number) for number in range(2, 11)]),
        "9 processes were killed in all.",
    ),
    (
        "failed",
        lambda: told(Story(), *failing(2, "ValueError: no fuel")),
        "func1 (pid 101) failed. ValueError: no fuel",
    ),
    ("failed", lambda: told(threads(1), *failing(2, code=3)), "func1 (pid 100) failed. Its exit code is 3."),
    (
        "failed_more",
        lambda: told(Story(9), *[failing(number)[0] for number in range(2, 11)]),
        "9 processes failed in all.",
    ),
    ("notice", lambda: told(Story(), messages.Notice("Python could not be started.")), "Python could not be started."),
    ("stopped", lambda: run_ended("stopped"), "The run was stopped after 900 ms."),
    ("killed", lambda: run_ended("killed"), "The program was killed after 900 ms."),
    ("lost", lambda: run_ended("lost"), "The run was cut off after 900 ms; what was seen until then stays."),
    (
        "missing_guard",
        unguarded,
        "The program has no __main__ guard. Each new process imports it, and would start processes as well; "
        'put what starts them under: if __name__ == "__main__":',
    ),
    (
        "collector_restarted",
        lambda: restarted(1),
        "rocketgui's collector was started again once: the one before was killed by SIGKILL. The program went"
        " on; nothing was heard of it for 200 ms.",
    ),
    (
        "collector_restarted",
        lambda: restarted(1, 2),
        "rocketgui's collector was started again 2 times: the one before was killed by SIGKILL. The program "
        "went on; nothing was heard of it for 400 ms in all.",
    ),
    (
        "unobserved",
        lambda: unobserved(2),
        "func1 (pid 101) is no longer observed from inside: its trace file was removed.",
    ),
    ("unobserved_more", lambda: unobserved(2, 3, 4, 5), "4 processes are no longer observed."),
    (
        "losses",
        lambda: told(Story(), messages.Losses(1_234, 0, 1, 0)),
        "Not everything was seen. Lost: 1,234 samples dropped, 1 process that never reported.",
    ),
    (
        "losses",
        lambda: told(Story(), messages.Losses(1, 2, 3, 4, 5)),
        "Not everything was seen. Lost: 1 sample dropped, 5 records of what processes did dropped, 2 bad "
        "messages, 3 processes that never reported, 4 lines of output dropped.",
    ),
    ("output_kept", printed_much, "The newest 10,000 of 10,007 printed lines are kept."),
    (
        "isolation",
        lambda: counts(Story(), p1=0, p2=28_412_117, p3=7),
        "Each process has its own rocket. It is 28,412,117 in func1 (pid 101) and 7 in func2 (pid 102); in "
        "the parent (pid 100) it is still 0.",
    ),
    (
        "isolation",
        lambda: counts(Story(1), p1=0, p2=7),
        "The child has its own rocket. It is 7 in func1 (pid 101); in the parent (pid 100) it is still 0.",
    ),
    (
        "isolation",
        lambda: counts(Story(4), p1=0, p2=7, p3=8, p4=9, p5=10),
        "Each process has its own rocket. It is 7 in func1 (pid 101), 8 in func2 (pid 102) and 2 more; in the"
        " parent (pid 100) it is still 0.",
    ),
    (
        "isolation",
        interpreters,
        "Each interpreter has its own rocket. It is 28,412,117 in func1 and 7 in func2; in the main one (pid "
        "100) it is still 0.",
    ),
    (
        "lost_updates",
        lambda: shared("unlocked", 1_400),
        "600 of 2,000 counts were lost. 2 processes counted one rocket without a lock: where two read it at "
        "once, both write the same. It ended at 1,400.",
    ),
    (
        "exact",
        lambda: shared("locked", 2_000),
        "No count was lost. 2 processes counted one rocket, each with its lock: 2,000 attempts made 2,000.",
    ),
    (
        "none_lost",
        lambda: shared("unlocked", 2_000),
        "No count was lost this time, though no lock guards rocket: 2,000 attempts made 2,000. Nothing "
        "promises that for the next time.",
    ),
    (
        "none_lost",
        lambda: shared("unlocked", 2_000, step_ms=1_000),
        "No count was lost, as they counted one after another. 2 processes made 2,000 attempts at one rocket,"
        " and it ended at 2,000.",
    ),
    (
        "far_limit",
        far_away,
        "func1 would reach sys.maxsize in about 49,500 years. It counts 5.90 M/s, and sys.maxsize is "
        "9,223,372,036,854,775,807.",
    ),
    (
        "one_lock",
        in_one_lock,
        "All 3 processes wait for the same lock, at two.py:17 in work, and none of them holds it. Whoever "
        "took it last has not released it.",
    ),
    (
        "one_lock",
        lambda: in_one_lock(4),
        "Both processes wait for the same lock, at two.py:17 in work, and none of them holds it. func3 (pid "
        "103) was killed: it may have held it, and then nobody releases it any more.",
    ),
    (
        "full_queue",
        in_join,
        "MainProcess (pid 100) waits in join() for func1, which waits for room in a queue. What func1 has put"
        " into it must be taken out before it can end: get() first, then join().",
    ),
    (
        "pool_worker_died",
        lambda: told(pool(200, 3_000, None), t_ms=4_100),
        "A worker of a pool died: ForkPoolWorker-1 (pid 101), exit code 5. Its task is lost with it, and "
        "MainProcess, which waits for the result at a place that is not known, waits for ever.",
    ),
]


@pytest.mark.parametrize(
    ("identifier", "story", "sentence"), WORDING, ids=[f"{one[0]}-{place}" for place, one in enumerate(WORDING)]
)
def test_a_finding_says(identifier: str, story: Callable[[], Story], sentence: str) -> None:
    assert sentence in [finding.text for finding in findings(story().run) if finding.id == identifier]


@pytest.mark.parametrize(
    ("rates", "cores", "sentence"),
    [
        (
            (10.0, 19.0, 19.5, 18.0),
            2,
            "2 workers are 1.90 times as fast as one, on a machine with 2 cores: each brings 95 % of what one "
            "alone does. More bring nothing: 4 are 1.80 times as fast.",
        ),
        ((10.0, 9.9, 10.1), 2, "More workers bring nothing. 3 are 1.01 times as fast as one was."),
        (
            (10.0, 20.0, 30.0),
            8,
            "3 workers are 3.00 times as fast as one, on a machine with 8 cores: each brings 100 % of what one "
            "alone does.",
        ),
    ],
)
def test_a_sweep_says(rates: tuple[float, ...], cores: int, sentence: str) -> None:
    finding = Sweep(cores, [Point(workers, rate) for workers, rate in enumerate(rates, 1)]).finding()
    assert finding is not None
    assert (finding.id, finding.text) == ("sweep", sentence)


def test_each_finding_has_its_sentence_here() -> None:
    """As far as ids stand in the source; those of a run that did not come to its own end are taken from it."""
    modules = Path(package.__file__).parent.glob("*.py")
    named = {name for path in modules for name in re.findall(r'Finding\(\s*"(\w+)"', path.read_text(encoding="utf-8"))}
    assert len(named) > 25
    assert {identifier for identifier, *_ in WORDING} == named | {"stopped", "killed", "lost"}


def test_how_many_still_run_is_said_once() -> None:
    story = told(Story(5), killed(2), killed(3))
    texts = [finding.text for finding in findings(story.run) if finding.id == "killed"]
    assert [text.endswith("3 others still run.") for text in texts] == [False, True]


def test_many_are_listed() -> None:
    assert [listed(["a", "b", "c"][:count]) for count in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
    assert [all_of(count, "cores") for count in (2, 3)] == ["Both cores", "All 3 cores"]
