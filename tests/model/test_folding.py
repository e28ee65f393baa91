"""What has ended is kept one by one up to a bound; beyond it, the like are counted, found, and told of."""

from __future__ import annotations

import json
import signal
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rocketgui.cli import summary
from rocketgui.model import folding, run
from rocketgui.model.findings import findings
from rocketgui.model.folding import FAILED_KEPT, KEPT
from rocketgui.model.model import Model
from rocketgui.model.process import ProcessState
from rocketgui.model.report import report
from rocketgui.model.series import per_s
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame
from rocketgui.recording.files import write_json
from tests.model.builder import Story
from tests.model.many_rows import MS, Storm


def counts(storm: Storm) -> dict[tuple[str, str], int]:
    groups = storm.model.run.folded.groups
    return {(group.name, group.row.outcome()): group.count for group in groups}


def test_few_stay_as_they_are() -> None:
    storm = Storm()
    ids = storm.lives(KEPT)
    storm.finish()
    assert not storm.model.run.folded
    assert list(storm.model.run.processes) == [1, *ids]
    assert report(storm.model.run)["folded"] == []


def test_the_oldest_of_many_are_counted_and_the_newest_stay() -> None:
    storm = Storm()
    ids = storm.lives(1_500, "worker-{}")
    storm.finish()
    now = storm.model.run
    assert counts(storm) == {("worker-*", "finished"): 1_000}
    assert list(now.processes) == [1, *ids[1_000:]]
    (group,) = now.folded.groups
    assert (group.began_ns, group.exited_ns) == (10 * MS, 10_001 * MS)
    assert (len(now.workers), now.worker_count) == (500, 1_500)
    assert now.name_of(ids[3]) == "worker-3"


def test_rows_stay_bounded_while_it_runs() -> None:
    storm = Storm()
    storm.lives(3_000)
    assert len(storm.model.run.processes) < KEPT + 3 * folding.BATCH


def test_threads_do_not_push_processes_out() -> None:
    storm = Storm()
    ids = storm.lives(20)
    storm.lives(2_000, "Thread-{} (work)", "thread")
    storm.finish()
    assert set(ids) <= storm.model.run.processes.keys()
    assert counts(storm) == {("Thread-* (work)", "finished"): 1_500}


def test_what_matters_stays() -> None:
    storm = Storm()
    parent = storm.begin("bash")
    child = storm.begin("sleep", parent=parent)
    storm.end(parent)
    storm.tell(messages.ProcessSeen(9_000, 1, 9_100, "helper", "resource tracker", True))
    failed = storm.lives(1, code=3)
    storm.lives(1_000)
    assert {1, parent, child, 9_000, *failed} <= storm.model.run.processes.keys()


def test_many_that_failed_are_counted_and_none_is_forgotten() -> None:
    storm = Storm()
    storm.lives(900, code=3)
    for _ in range(300):
        storm.end(storm.begin("python"), None, signal.SIGKILL)
    meant = storm.begin("python")
    storm.tell(messages.Terminated(meant, storm.t_ms * MS, signal.SIGTERM))
    storm.end(meant, None, signal.SIGTERM)
    storm.lives(700)
    storm.finish()
    now = storm.model.run
    kept = [process for process in now.processes.values() if process.went_wrong]
    assert len(kept) == FAILED_KEPT
    assert now.folded.wrong == {ProcessState.FAILED: 900 - FAILED_KEPT, ProcessState.KILLED: 300}
    assert counts(storm)["python", "killed by SIGTERM"] == 1
    figures = {finding.id: finding.figures for finding in findings(now)}
    assert (figures["failed_more"], figures["killed_more"]) == ({"failed": 900}, {"killed": 300})


def test_what_becomes_known_later_is_taken_in() -> None:
    storm = Storm()
    (first, *_) = storm.lives(1_000, code=None)
    now = storm.model.run
    assert first not in now.processes
    assert first in now.folded
    before = len(now.folded)
    storm.tell(messages.Ended(first, 7, None, False), messages.LifecycleEvent(first, "joined", MS))
    storm.tell(messages.ProcessLoad(MS, (first,), (None,), (0.5,), *[(None,)] * 6))
    storm.tell(messages.ProcessSeen(first, 1, 102, "process", "grep", False))
    storm.tell(messages.Samples((first,), ("i",), (MS,), (5,)), messages.Failed(first, "ValueError: 5"))
    assert (now.bad_messages, now.samples_not_kept, len(now.folded)) == (0, 1, before)
    assert counts(storm)["grep", "ValueError: 5"] == 1
    (found,) = now.folded.find("grep", 10)
    assert (found.id, found.pid, found.exit_code, found.cpu_s) == (first, 102, 7, 0.5)
    assert sum(counts(storm).values()) == len(now.folded)


def test_they_are_found_by_pid_and_name() -> None:
    storm = Storm()
    ids = storm.lives(800, "Job-{}")
    folded = storm.model.run.folded
    assert [process.id for process in folded.find("JOB-17", 20)] == [*ids[179:169:-1], ids[17]]
    assert [process.name for process in folded.find("109", 10)] == ["Job-109", "Job-7"]
    assert folded.find("", 10) == folded.find("nothing", 10) == []


def test_those_that_cannot_be_found_any_more_are_still_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "FINDABLE", 300)
    storm = Storm()
    ids = storm.lives(2_000)
    now = storm.model.run
    storm.tell(messages.Ended(ids[0], 3, None, False), messages.ProcessSeen(ids[0], 1, 5, "process", "x", False))
    assert ids[0] in now.folded
    assert now.folded.get(ids[0]) is None
    assert now.bad_messages == 0
    assert ids[0] not in now.processes
    assert sum(counts(storm).values()) == len(now.folded) > 1_000


def test_different_names_do_not_make_groups_without_end() -> None:
    storm = Storm()
    letters = "abcdefghijklmnopqrst"
    for place in range(1_500):
        storm.lives(1, letters[place % 20] + letters[place // 20 % 20] + letters[place // 400])
    storm.finish()
    assert len(counts(storm)) == folding.GROUPS + 1
    assert counts(storm)[folding.OTHERS, "finished"] == 1_000 - folding.GROUPS


def test_memory_of_a_storm_stays_small() -> None:
    storm = Storm()
    storm.lives(1_000)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    storm.lives(2_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / 2_000 < 800


def test_rates_and_counts_of_workers_include_the_folded_ones() -> None:
    storm = Storm()
    for _ in range(700):
        number = storm.begin("SpawnProcess-1")
        began = storm.t_ms * MS
        storm.tell(
            messages.LifecycleEvent(number, "start_called", began),
            messages.LifecycleEvent(number, "target_entered", began),
            messages.Samples((number, number), ("i", "i"), (began, began + 1), (0, 1_000)),
            messages.ProcessLoad(began, (number,), (50.0,), (0.001,), *[(None,)] * 6),
        )
        storm.end(number)
    storm.finish()
    now = storm.model.run
    assert now.folded.work.spans == 200
    assert now.work_s() == pytest.approx(6.991)
    assert now.throughput() == pytest.approx(700 * 1_000 / 6.991)
    assert now.most_at_once() == 1
    overlap = next(finding for finding in findings(now) if finding.id == "overlap")
    assert (overlap.figures["processes"], overlap.figures["percent"]) == (700, 0.0)


def test_the_report_of_20_000_threads_is_small(tmp_path_factory: pytest.TempPathFactory) -> None:
    storm = Storm()
    for _ in range(20):
        storm.lives(1_000, "Thread-{} (work)", "thread")
        storm.lives(5, "worker-{}")
    storm.lives(1_200)
    storm.finish()
    path = tmp_path_factory.mktemp("reports") / "report.json"
    write_json(path, report(storm.model.run))
    told = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 2_000_000
    shown = [process["pid"] for process in told["processes"] if process["kind"] == "process"]
    folded = [pid for group in told["folded"] for pid in group["pids"]]
    assert len(shown + folded) == 1_301
    assert len(set(shown + folded)) == 1_301
    threads = next(group for group in told["folded"] if group["kind"] == "thread")
    assert threads["count"] + sum(process["kind"] == "thread" for process in told["processes"]) == 20_000
    assert threads["parent"] == 1
    assert json.dumps(told, allow_nan=False)


def test_more_rows_than_can_be_kept_are_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROWS", 50)
    storm = Storm()
    ids = [storm.begin() for _ in range(80)]
    storm.end(ids[-1])
    now = storm.model.run
    assert len(now.processes) == 50
    assert now.bad_messages == 0
    assert now.notices == ["More than 50 processes and threads at once: some are not shown."]


def test_values_are_bounded_in_one_process_and_in_all() -> None:
    storm = Storm()
    for number in range(2 * run.VALUES):
        storm.tell(messages.Samples((1,), (f"name{number}",), (MS,), (number,)))
    now = storm.model.run
    assert len(now.processes[1].values) == run.VALUES
    assert now.samples_not_kept == run.VALUES
    assert report(now)["losses"]["samples_dropped"] == run.VALUES


@pytest.mark.parametrize("last", [2**13_999, -(2**13_999), 1.7e308])
def test_numbers_of_thousands_of_digits_have_no_rate_and_do_no_harm(last: int | float) -> None:
    story = Story(work="")
    for t_ms, number, value in ((200, 2, 0), (300, 2, last), (300, 3, 0.5), (400, 3, last), (400, 1, 2**100)):
        story.tell(t_ms, messages.Samples((number,), ("rocket",), (t_ms * MS,), (value,)))
    for number in (2, 3):
        story.leave(number, 500)
    story.end(600)
    now = story.run
    assert all(finding.text for finding in findings(now))
    assert json.dumps(report(now), allow_nan=False)
    assert summary.lines(now)


def test_a_rate_that_no_float_holds_is_not_known() -> None:
    assert per_s(10**400, 1.0) is None
    assert per_s(1e300, 1e-300) is None
    assert per_s(1.0, 0.0) is per_s(1.0, None) is per_s(1.0, -1.0) is None
    assert per_s(6, 2.0) == 3.0


def test_texts_are_cut_where_they_enter() -> None:
    long = "x" * 100_000
    model = Model()
    storm = Storm()
    model = storm.model
    storm.tell(
        messages.ProcessSeen(2, 1, 102, "process", long, True),
        messages.Failed(2, long),
        messages.StartFailed(1, long, MS, long),
        messages.Notice(long),
        messages.Output(2, MS, "stdout", long),
        messages.Activity(2, MS, "lock", long, 3, long, long),
    )
    now = model.run
    process = now.processes[2]
    assert process.activity is not None
    assert process.error is not None
    texts = [
        process.name,
        process.error,
        now.notices[0],
        now.output[0].text,
        process.activity.file,
        process.activity.on,
    ]
    texts += [now.start_failures[0].name, now.start_failures[0].error, process.activity.function]
    assert max(map(len, texts)) <= run.LINE_MOST
    assert all(text.endswith("…") for text in texts)
    assert len(json.dumps(report(now))) < 40_000


def test_parents_in_a_circle_and_its_own_parent() -> None:
    storm = Storm()
    storm.tell(
        messages.ProcessSeen(2, 3, 102, "process", "a", False),
        messages.ProcessSeen(3, 2, 103, "process", "b", False),
        messages.ProcessSeen(4, 4, 104, "process", "c", False),
        messages.ProcessSeen(5, 6, 105, "helper", "d", False),
        messages.ProcessSeen(6, 5, 106, "helper", "e", False),
        messages.ProcessSeen(7, 6, 107, "process", "f", False),
    )
    storm.number = 10
    storm.lives(1_000)
    storm.finish()
    told = report(storm.model.run)
    assert {process["id"] for process in told["processes"]} >= {1, 2, 3, 4, 7}
    assert all(finding.text for finding in findings(storm.model.run))


NUMBERS = st.integers(1, 12)
TIMES = st.integers(-5, 5).map(lambda s: s * 1_000 * MS)
ANY = st.one_of(
    st.builds(
        messages.ProcessSeen, NUMBERS, st.none() | NUMBERS, st.integers(1, 9), st.sampled_from(messages.PROCESS_KINDS),
        st.sampled_from(["sh", "p1", "p2"]), st.booleans(),
    ),
    st.builds(messages.LifecycleEvent, NUMBERS, st.sampled_from(messages.LIFECYCLE_EVENTS), TIMES),
    st.builds(messages.Ended, NUMBERS, st.none() | st.integers(0, 2), st.none() | st.just(9), st.booleans()),
    st.builds(messages.Terminated, NUMBERS, TIMES, st.just(9)),
    st.builds(messages.Failed, NUMBERS, st.sampled_from(["KeyError: 1", "KeyError: 2"])),
    st.builds(lambda n, t, v: messages.Samples((n,), ("i",), (t,), (v,)), NUMBERS, TIMES, st.integers(0, 2)),
    st.builds(lambda n, s: messages.ProcessLoad(0, (n,), (1.0,), (s,), *[(None,)] * 6), NUMBERS, st.floats(0, 9)),
    st.builds(messages.Activity, NUMBERS, TIMES, st.sampled_from(messages.ACTIVITIES), st.just(""),
        st.just(0), st.just(""),
              st.just("")),
    st.builds(messages.ControlState, st.just(1), st.just(1), st.booleans()),
    st.builds(messages.RunEnded, TIMES, st.sampled_from(messages.ENDINGS), st.none()),
)  # fmt: skip


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=300)
@given(told=st.lists(st.tuples(st.integers(0, 3_000), ANY), max_size=80))
def test_counts_hold_whatever_is_told_in_which_order(told: list[tuple[int, messages.Message]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in (
            (run, "KEPT", 2), (run, "BATCH", 1), (run, "FAILED_KEPT", 1), (folding, "FINDABLE", 3),
            (folding, "BATCH", 1), (folding, "GROUPS", 3), (run, "ROWS", 10),
        ):  # fmt: skip
            patch.setattr(module, name, value)
        storm = Storm()
        for later_ms, message in told:
            storm.t_ms += later_ms
            storm.tell(message)
        now = storm.model.run
        assert sum(group.count for group in now.folded.groups) == len(now.folded)
        assert not [number for number in now.processes if now.folded.get(number) is not None]
        assert now.folded.work.workers <= len(now.folded)
        assert min(now.folded.wrong.values(), default=0) >= 0
        assert now.worker_count == len([p for p in now.processes.values() if p.worker_index is not None]) + (
            now.folded.work.workers
        )
        assert json.dumps(report(now), allow_nan=False)
        assert all(finding.text for finding in findings(now))
        assert len(summary.lines(now)) <= 50
        assert len(now.folded.find("p", 5)) <= 5


def test_a_frame_that_comes_late_changes_no_counts() -> None:
    storm = Storm()
    storm.lives(1_000)
    now = storm.model.run
    before = counts(storm)
    storm.model.apply_frame(Frame(0, ()))
    assert counts(storm) == before
    assert now.bad_messages == 0
