"""A run is what its messages say, and takes any of them."""

from __future__ import annotations

import signal
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.model.model import Model
from rocketgui.model.process import ProcessState
from rocketgui.model.run import NOTICES, OUTPUT_LINES, Run
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame
from tests.model.builder import MS, Story


def test_samples_are_kept_exactly_and_as_a_curve() -> None:
    story = Story()
    story.count(200, p1=0, p2=5)
    story.count(300, p2=2**63)
    watched = story.run.processes[2].values["rocket"]
    assert (watched.first, watched.last, watched.samples) == (5, 2**63, 2)
    assert watched.series.t.tolist() == [0.2, 0.3]


def test_rate_is_of_the_last_half_second() -> None:
    story = Story()
    for k in range(120):
        story.count(200 + k * 1000 / 60, p2=k * 100 if k < 60 else 6_000 + (k - 60) * 1_000)
    assert story.run.processes[2].rate("rocket") == pytest.approx(60_000)
    assert story.run.processes[2].rate("other") is None


def test_workers_are_numbered_in_order_and_helpers_are_none() -> None:
    run = Story(3, helper=True).run
    assert [worker.name for worker in run.workers] == ["func1", "func2", "func3"]
    assert [worker.worker_index for worker in run.workers] == [0, 1, 2]
    root = run.root
    assert root is not None
    assert (root.worker_index, run.processes[50].worker_index) == (None, None)


def test_learning_more_of_a_process_keeps_its_place() -> None:
    story = Story(2)
    story.tell(50, messages.ProcessSeen(2, 1, 101, "process", "renamed", True))
    assert [(w.name, w.worker_index) for w in story.run.workers] == [("renamed", 0), ("func2", 1)]


def test_what_turns_out_to_be_a_helper_gives_its_place_back() -> None:
    story = Story(0)
    for kind in ("process", "helper"):
        story.tell(50, messages.ProcessSeen(7, 1, 107, kind, "tracker", False))
    story.tell(60, messages.ProcessSeen(8, 1, 108, "process", "func1", True))
    assert [(worker.name, worker.worker_index) for worker in story.run.workers] == [("func1", 0)]


def test_what_may_be_a_helper_takes_no_place_until_it_is_known() -> None:
    """The resource tracker is seen before the first worker, and known by its agent after it."""
    story = Story(0)
    story.tell(50, messages.ProcessSeen(7, 1, 107, "process", "process 107", False))
    for number in (9, 8):
        story.tell(55, messages.ProcessSeen(number, 1, 100 + number, "process", f"process {number}", False))
    for number, name in ((8, "func1"), (9, "func2")):
        story.tell(60, messages.ProcessSeen(number, 1, 100 + number, "process", name, False))
        story.tell(60, messages.LifecycleEvent(number, "start_called", number * MS))
    assert [(p.name, p.worker_index) for p in story.run.workers] == [("func2", 1), ("func1", 0)]
    story.tell(70, messages.ProcessSeen(7, 1, 107, "helper", "resource tracker", True))
    story.tell(80, messages.ProcessSeen(10, 1, 110, "process", "sleep", False))
    story.tell(300)
    assert len(story.run.workers) == 2
    story.tell(400)
    assert [(p.name, p.worker_index) for p in story.run.workers] == [("func2", 1), ("func1", 0), ("sleep", 2)]


def test_a_paused_or_silent_process_has_no_rate() -> None:
    story = Story()
    for k in range(10):
        story.count(200 + k * 16, p2=k * 100)
    worker = story.run.processes[2]
    assert story.run.rate(worker) == pytest.approx(6_250)
    story.tell(400, messages.ControlState(2, 10, True))
    assert story.run.rate(worker) is None
    assert story.run.rates() == []
    story.tell(410, messages.ControlState(2, 10, False))
    assert len(story.run.rates()) == 1
    story.tell(1_900)
    assert story.run.rates() == []


def test_messages_for_unknown_processes_are_counted_and_skipped() -> None:
    story = Story()
    story.count(200, p99=5, p2=1)
    story.tell(
        210,
        messages.LifecycleEvent(99, "began", 1),
        messages.LifecycleEvent(2, "vanished", 1),
        messages.Ended(99, 0, None, False),
        messages.Failed(99, "ValueError"),
    )
    story.load(220, (2, 99), 0.1, 1)
    assert story.run.bad_messages == 6
    assert story.run.processes[2].values["rocket"].last == 1


@pytest.mark.parametrize("ended", ["lost", "stopped", "finished"])
def test_nothing_runs_after_the_run_has_ended(ended: str) -> None:
    story = Story()
    story.load(400, story.workers, 0.1, 1)
    story.tell(410, messages.Ended(3, None, signal.SIGKILL, False))
    story.tell(500, messages.RunEnded(500 * MS, ended, None))
    unheard, killed = story.run.workers
    expected = (ProcessState.LOST, "end not seen") if ended == "lost" else (ProcessState.ENDED, "ended")
    assert (unheard.state, unheard.outcome()) == expected
    assert (unheard.exit_code, unheard.signal, unheard.exited_ns) == (None, None, None)
    assert (unheard.cpu, unheard.core, unheard.cpu_s) == (None, None, 0.1)
    assert killed.outcome() == "killed by SIGKILL"
    assert all(process.is_over for process in story.run.processes.values())


def test_the_first_arrival_is_that_of_the_worker_with_the_least_left_to_count() -> None:
    story = Story()
    assert story.run.first_arrival_s() is None
    for k in range(31):
        story.count(200 + k * 1000 / 60, p1=0, p2=9_000_000 + k * 1_000, p3=k * 2_000)
    # 60,000 a second with 970,000 to go, 120,000 a second with 9,940,000.
    assert story.run.first_arrival_s() == pytest.approx(970_000 / 60_000)
    story.tell(710, messages.ControlState(2, 9_000_000, False))
    assert story.run.first_arrival_s() == 0
    story.tell(720, messages.ControlState(2, 9_000_000, True))
    assert story.run.first_arrival_s() is None


def test_what_observing_costs() -> None:
    story = Story()
    assert (story.run.agents_overhead_percent, story.run.collector_percent) == (None, None)
    story.tell(2_000)
    story.tell(2_010, messages.Overhead(0.01, 0.1, 2.0))
    story.tell(2_250)  # the cost is as old as it is
    assert story.run.agents_overhead_percent == pytest.approx(0.5)
    assert story.run.collector_percent == pytest.approx(5.0)


def test_output_is_bounded_and_what_was_dropped_is_known() -> None:
    story = Story()
    for number in range(OUTPUT_LINES + 7):
        story.tell(300, messages.Output(2, 300 * MS, "stdout", str(number)))
    assert len(story.run.output) == OUTPUT_LINES
    assert story.run.output_dropped == 7
    assert story.run.output[0].text == "7"


def test_late_lines_find_their_place() -> None:
    story = Story()
    for t_ms in (300, 500, 400, 450, 500, 200):
        story.tell(600, messages.Output(2, t_ms * MS, "stdout", str(t_ms)))
    assert [line.t_ns // MS for line in story.run.output] == [200, 300, 400, 450, 500, 500]
    assert (story.run.output_total, story.run.output_late) == (6, 3)


def test_late_lines_cost_little_and_the_newest_stay() -> None:
    story = Story()
    began = time.process_time()
    for number in range(10 * OUTPUT_LINES):
        t_ns = number ^ 4095  # thousands of lines in reverse, again and again
        story.run.apply(messages.Output(2, t_ns, "stdout", ""))
    assert time.process_time() - began < 5
    times = [line.t_ns for line in story.run.output]
    assert times == sorted(times)
    assert len(times) == OUTPUT_LINES
    assert story.run.output_dropped == 9 * OUTPUT_LINES


def test_notices_are_told_once_and_bounded() -> None:
    story = Story()
    for number in range(2 * NOTICES):
        story.tell(1, messages.Notice(f"{number}"), messages.Notice(f"{number}"))
    assert story.run.notices == [str(number) for number in range(NOTICES)]


def test_time_and_cores_stand_still_after_the_end() -> None:
    story = Story()
    story.tell(100, messages.CoreLoad(100 * MS, (50.0, 50.0)))
    story.end(500)
    story.tell(900, messages.CoreLoad(900 * MS, (0.0, 0.0)))
    assert story.run.end_ns == 500 * MS
    assert story.run.core_means() == [50.0, 50.0]


def test_the_limit_is_that_of_the_controls() -> None:
    story = Story()
    assert story.run.limit == 10_000_000
    story.tell(100, messages.ControlState(2, 77, False))
    assert story.run.limit == 77


ANY_MESSAGE = st.one_of(
    st.builds(messages.ProcessSeen, st.integers(0, 5), st.none() | st.integers(0, 5), st.integers(), st.text(),
              st.text(), st.booleans()),
    st.builds(messages.LifecycleEvent, st.integers(0, 5),
        st.sampled_from([*messages.LIFECYCLE_EVENTS, "x"]), st.integers()),
    st.builds(messages.Ended, st.integers(0, 5), st.none() | st.integers(), st.none() | st.integers(), st.booleans()),
    st.builds(messages.Failed, st.integers(0, 5), st.text()),
    st.builds(messages.StartFailed, st.integers(0, 5), st.text(), st.integers(), st.text()),
    st.builds(lambda n, t, v: messages.Samples((n,), ("rocket",), (t,), (v,)), st.integers(0, 5), st.integers(),
              st.integers() | st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(messages.CoreLoad, st.integers(), st.lists(st.floats(0, 100), max_size=3).map(tuple)),
    st.builds(messages.Output, st.integers(0, 5), st.integers(), st.text(), st.text()),
    st.builds(messages.RunEnded, st.integers(), st.sampled_from(messages.ENDINGS), st.none() | st.integers()),
    st.builds(messages.Notice, st.text()),
)  # fmt: skip


@given(st.lists(ANY_MESSAGE, max_size=30), st.booleans())
def test_any_messages_can_be_taken_in_told_and_reported(told: list[messages.Message], launched: bool) -> None:
    import json

    from rocketgui.model.findings import findings
    from rocketgui.model.report import report

    model = Story().model if launched else Model()
    for message in told:
        model.apply_frame(Frame(1, (message,)))
    assert all(finding.text for finding in findings(model.run))
    assert json.loads(json.dumps(report(model.run)))["version"] == 1


def test_what_changes_in_most_processes_is_shown_unless_another_name_is_chosen() -> None:
    run = Run()
    for number in (1, 2, 3):
        run.apply(messages.ProcessSeen(number, None if number == 1 else 1, number, "process", "", True))
    assert run.watch == "rocket"
    run.apply(messages.Samples((1, 1), ("i", "i"), (0, 1), (0, 1)))
    assert run.watch == "i"
    rows = ((1, 0, 0), (2, 0, 0), (3, 0, 0), (2, 1, 5), (3, 1, 6))
    run.apply(messages.Samples(*zip(*((p, "count", t, v) for p, t, v in rows), strict=True)))
    assert (run.watch, run.names) == ("count", ["count", "i"])
    run.choose("i")
    assert run.watch == "i"
    run.choose(None)
    assert run.watch == "count"


def test_the_threads_of_a_process() -> None:
    story = Story(workers=1)
    story.tell(100, messages.ProcessSeen(9, 2, 101, "thread", "Thread-1", True))
    run = story.run
    assert [thread.id for thread in run.threads_of(run.processes[2])] == [9]
    assert run.threads_of(run.processes[1]) == []
