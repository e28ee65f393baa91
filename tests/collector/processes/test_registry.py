"""The smaller parts of the collector, each by itself."""

from __future__ import annotations

import json
import math
import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.agent import control_block as agent_control_block
from rocketgui.agent import trace_format
from rocketgui.collector import capabilities
from rocketgui.collector.control_block import ControlBlockWriter
from rocketgui.collector.cpu_load import CpuLoad
from rocketgui.collector.emitter import Emitter
from rocketgui.collector.processes import exit_watcher, sampler
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.program_tree import ProgramTree
from rocketgui.collector.processes.registry import ProcessEntry, ProcessRegistry, signal_name
from rocketgui.collector.service import MOST_WAITING, Sender
from rocketgui.collector.trace.decoder import Decoder
from rocketgui.collector.trace.reader import Record, Sample
from rocketgui.collector.worker_target import WorkerTarget
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Message
from tests.helpers import control_block_in, emitter_into, is_gone, state, until

#: As with buffers, what the agent has mapped must live as long as this process.
KEPT: list[agent_control_block.ControlBlockReader] = []


def control_blocks(
    folder: Path, rate_hz: float = 60.0
) -> tuple[ControlBlockWriter, agent_control_block.ControlBlockReader]:
    written = control_block_in(folder, rate_hz)
    read = agent_control_block.ControlBlockReader(str(folder))
    KEPT.append(read)
    return written, read


# ---------------------------------------------------------------- control block


def test_control_block_is_read_as_it_was_written(tmp_path: Path) -> None:
    written, read = control_blocks(tmp_path, 120.0)
    assert read.poll()
    assert (read.rate, read.settings) == (120.0, [])
    assert not read.poll()
    written.set("5", "limit", 0)
    written.set("0", "limit", 2**70)
    assert read.poll()
    assert read.settings == [
        ("0", "limit", 2**70),
        ("5", "limit", 0),
    ]  # what holds for one comes after what holds for all
    written.set("5", "limit", 3)
    assert read.poll()
    assert read.settings == [("0", "limit", 2**70), ("5", "limit", 3)]
    written.forget(5)
    written.forget(6)
    assert read.poll()
    assert read.settings == [("0", "limit", 2**70)]
    written.close()


def test_control_block_in_the_middle_of_being_written(tmp_path: Path) -> None:
    written, read = control_blocks(tmp_path)
    written.set("0", "limit", 1)
    assert read.poll()
    whole = bytes(written._memory[:64])
    written.set("0", "limit", 2)
    new = bytes(written._memory[:64])
    written._memory[trace_format.CONTROL_BLOCK_TEXT : 64] = whole[trace_format.CONTROL_BLOCK_TEXT :]
    assert not read.poll()
    assert read.settings == [("0", "limit", 1)]
    written._memory[:64] = new
    assert read.poll()
    assert read.settings == [("0", "limit", 2)]
    written.close()


def test_control_block_has_room_for_all_workers(tmp_path: Path) -> None:
    written, read = control_blocks(tmp_path)
    for pid in range(4_000_000, 4_000_300):
        written.set(str(pid), "limit", sys.maxsize)
    assert read.poll()
    assert len(read.settings) == 300
    written.close()


# ---------------------------------------------------------------- worker target


def test_crew_grows_and_shrinks() -> None:
    target = WorkerTarget(2)
    assert target.resize(5, [1, 2], [1, 2]) == []
    assert (target.workers, target.to_launch) == (5, 5)
    started = [1, 2, 3, 4, 5]
    assert target.resize(1, started, started) == [5, 4, 3, 2]
    assert (target.workers, target.to_launch) == (1, 5)
    assert target.resize(3, started, [1]) == []
    assert (target.workers, target.to_launch) == (3, 7)


def test_crew_takes_back_what_has_not_started() -> None:
    target = WorkerTarget(8)
    assert target.resize(4, [1, 2], [1, 2]) == []
    assert target.to_launch == 4
    assert target.resize(1, [1, 2], [1, 2]) == [2]


def test_crew_accepts_that_the_system_refuses() -> None:
    target = WorkerTarget(8)
    target.refused(5)
    assert target.workers == 5


def test_crew_ends_what_was_started_before_fewer_were_wanted() -> None:
    """The program runs ahead of what is known of it."""
    target = WorkerTarget(64)
    known, in_truth = list(range(10)), list(range(16))
    dismissed = target.resize(4, known, known)
    dismissed += target.overtaken(in_truth, in_truth)
    assert sorted(dismissed) == list(range(4, 16))
    assert (target.workers, target.to_launch) == (4, 16)
    assert target.overtaken(in_truth, in_truth) == []
    target.resize(5, in_truth, in_truth[:4])
    assert target.to_launch == 17


def test_a_program_that_decides_itself_how_many_it_has() -> None:
    """It was launched with no number of workers, and each that it starts is meant to be."""
    target = WorkerTarget(0)
    assert target.overtaken([1, 2], [1, 2]) == []
    assert target.to_launch == 0


@given(wishes=st.lists(st.integers(1, 20), max_size=20), data=st.data())
def test_crew_always_has_what_was_asked_for(wishes: list[int], data: st.DataObject) -> None:
    target = WorkerTarget(3)
    dismissed: set[int] = set()
    for wish in wishes:
        started = list(range(data.draw(st.integers(len(dismissed), target.to_launch))))
        started = sorted({*started, *dismissed})
        ended = target.resize(wish, started, started)
        assert not dismissed & set(ended)
        assert ended == sorted(ended, reverse=True)
        dismissed.update(ended)
        assert target.workers == wish
        assert target.to_launch >= len(started) or wish >= 1


# ---------------------------------------------------------------- process registry and records


@pytest.fixture
def out() -> list[Message]:
    return []


@pytest.fixture
def emitter(out: list[Message]) -> Emitter:
    return emitter_into(out, 100)


@pytest.fixture
def registry(emitter: Emitter) -> ProcessRegistry:
    registry = ProcessRegistry(emitter)
    registry.get_or_add(10, None, is_new=True)
    return registry


def test_first_process_is_the_program(registry: ProcessRegistry, out: list[Message]) -> None:
    assert registry.root is not None
    assert out == [messages.ProcessSeen(1, None, 10, "process", "MainProcess", False)]
    registry.name(registry.root, "other", 5)
    assert registry.root.name == "MainProcess"


def test_several_sources_tell_of_one_process(registry: ProcessRegistry, out: list[Message]) -> None:
    entry = registry.get_or_add(11, 10, is_new=False)
    assert registry.get_or_add(11, 10, is_new=True) is entry
    registry.note_event(entry, "began", 150)
    registry.note_event(entry, "began", 170)
    assert [m for m in out if isinstance(m, messages.LifecycleEvent)] == [messages.LifecycleEvent(2, "began", 50)]


def test_pid_that_comes_again_is_another_process(registry: ProcessRegistry) -> None:
    entry = registry.get_or_add(11, 10, is_new=True)
    registry.end(entry, 0, 200)
    assert registry.get_or_add(11, 10, is_new=False) is entry
    again = registry.get_or_add(11, 10, is_new=True)
    assert (again.id, again.pid) == (3, 11)
    assert registry.find(11) is again


def test_ends(registry: ProcessRegistry, out: list[Message]) -> None:
    killed, left, unknown = (registry.get_or_add(pid, 10, is_new=True) for pid in (11, 12, 13))
    registry.end(killed, -9, 200)
    registry.exiting(left, 3, 210)
    registry.end(left, None, 220)
    registry.end(unknown, None, 230)
    registry.end(unknown, 5, 240)
    registry.end(unknown, 6, 250)
    assert [m for m in out if isinstance(m, messages.Ended)] == [
        messages.Ended(2, None, 9, False),
        messages.Ended(3, 3, None, False),
        messages.Ended(4, None, None, False),
        messages.Ended(4, 5, None, False),
    ]


def test_the_process_itself_knows_best_when_it_exits(registry: ProcessRegistry, out: list[Message]) -> None:
    """Its trace buffer may be read after its parent's, and its last words come twice where atexit has something to
    do."""
    entry = registry.get_or_add(11, 10, is_new=True)
    registry.end(entry, 0, 220)
    registry.exiting(entry, 0, 210)
    registry.exiting(entry, None, 230)
    registry.end(entry, 0, 240)
    assert entry.events["exited"] == 210
    assert [m.t_ns for m in out if isinstance(m, messages.LifecycleEvent)][-1] == 110  # relative to the launch


def test_a_killed_process_was_gone_before_it_was_joined(registry: ProcessRegistry, decoder: Decoder) -> None:
    """The system tells of its end at once, but it may be read before its parent's trace buffer."""
    root = get_or_add(decoder, 10, 110)
    decoder.take(root, [Record(trace_format.START_CALLED, 120, ("11", "func1"))])
    entry = registry.find(11)
    assert entry is not None
    registry.end(entry, -9, 250)
    decoder.take(root, [Record(trace_format.REAPED, 240, ("11", "-9")), Record(trace_format.JOINED, 245, ("11",))])
    assert entry.events["exited"] <= entry.events["joined"]


def test_a_fork_has_one_name_whoever_saw_it_first(registry: ProcessRegistry, decoder: Decoder) -> None:
    assert registry.root is not None
    registry.root.python = True
    entries = []
    for pid, seen in ((11, True), (12, False)):
        entry = registry.get_or_add(pid, 10, is_new=True)
        if seen:
            registry.guess(entry, ["python3", "program.py"])
            registry.copied(entry)
        decoder.take(get_or_add(decoder, pid, 150), [Record(trace_format.BEGAN, 151, ("3.13.0", "1", "fork", ""))])
        entries.append(entry)
    assert [entry.name for entry in entries] == ["fork of MainProcess"] * 2
    shell = registry.get_or_add(13, 10, is_new=True)
    registry.guess(shell, ["/bin/sh", "-c", "true"])
    copy = registry.get_or_add(14, 13, is_new=True)
    registry.copied(copy)
    assert (copy.name, copy.python) == ("sh", False)


@pytest.mark.parametrize("executed_first", [False, True])
def test_a_fork_that_becomes_another_program(registry: ProcessRegistry, decoder: Decoder, executed_first: bool) -> None:
    """Where Python code ran in between, an agent had begun."""
    entry = registry.get_or_add(11, 10, is_new=True)
    if executed_first:
        registry.execute(entry, "sleep", 170)
    decoder.take(get_or_add(decoder, 11, 150), [Record(trace_format.BEGAN, 151, ("3.13.0", "1", "fork", ""))])
    if not executed_first:
        registry.execute(entry, "sleep", 170)
    assert (entry.name, entry.python) == ("sleep", False)
    began = Record(trace_format.BEGAN, 181, ("3.13.0", "1", "exec", "", "python3", "other.py"))
    decoder.take(get_or_add(decoder, 11, 180), [began])
    registry.execute(entry, "python3", 175)
    assert entry.name == "python3 other.py"


def test_stopped_is_only_who_was_killed_by_us(registry: ProcessRegistry, out: list[Message]) -> None:
    killed, finished = (registry.get_or_add(pid, 10, is_new=True) for pid in (11, 12))
    registry.end(killed, -9, 200, stopped=True)
    registry.end(finished, 0, 200, stopped=True)
    assert [m.stopped for m in out if isinstance(m, messages.Ended)] == [True, False]


def test_signal_names() -> None:
    assert (signal_name(9), signal_name(250)) == ("SIGKILL", "signal 250")


class FakeBox:
    """As much of a buffer as its translation asks for."""

    def __init__(self, pid: int, parent_pid: int, began_ns: int) -> None:
        self.pid, self.parent_pid, self.began_ns = pid, parent_pid, began_ns
        self.thread = 0


@pytest.fixture
def decoder(registry: ProcessRegistry, emitter: Emitter) -> Decoder:
    return Decoder(registry, emitter, ActivityTracker(emitter))


def get_or_add(decoder: Decoder, pid: int, began_ns: int) -> ProcessEntry:
    reader: Any = FakeBox(pid, 10, began_ns)
    entry = decoder.get_or_add(reader)
    assert entry is not None
    return entry


def test_box_that_is_found_after_its_process_has_ended(registry: ProcessRegistry, decoder: Decoder) -> None:
    """It came and went between two looks at the directory: there is still one entry for it."""
    entry = registry.get_or_add(11, 10, is_new=False)
    registry.end(entry, 0, 300)
    assert get_or_add(decoder, 11, 250) is entry
    assert entry.agent
    assert get_or_add(decoder, 11, 280) is entry  # it ran exec, and has another agent since
    later = get_or_add(decoder, 11, 400)
    assert later is not entry


def test_pid_of_a_process_that_has_ended_names_the_next_child(registry: ProcessRegistry, decoder: Decoder) -> None:
    root = get_or_add(decoder, 10, 110)
    decoder.take(root, [Record(trace_format.START_CALLED, 120, ("11", "func1"))])
    first = registry.find(11)
    assert first is not None
    registry.end(first, 0, 200)
    decoder.take(
        root, [Record(trace_format.START_CALLED, 300, ("11", "func2")), Record(trace_format.REAPED, 310, ("11", "0"))]
    )
    second = registry.find(11)
    assert second is not None
    assert (first.name, second.name, second.id) == ("func1", "func2", 3)
    decoder.take(root, [Record(trace_format.REAPED, 320, ("12", "0"))])
    assert decoder.bad == 0  # what told of that child may have been overwritten


def test_processes_of_a_fork_server_that_is_gone_run_on(registry: ProcessRegistry, decoder: Decoder) -> None:
    root = get_or_add(decoder, 10, 110)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for pid in (os.getpid(), gone.pid):
        decoder.take(root, [Record(trace_format.START_CALLED, 120, (str(pid), "func"))])
        decoder.take(root, [Record(trace_format.REAPED, 190, (str(pid), "255"))])
    runs, ended = registry.find(os.getpid()), registry.find(gone.pid)
    assert runs is not None
    assert ended is not None
    assert (runs.ended, ended.ended, ended.exit_code) == (False, True, 255)


def test_values_that_are_no_numbers_are_counted_and_dropped(decoder: Decoder, out: list[Message]) -> None:
    root = get_or_add(decoder, 10, 110)
    root.names[0] = root.id, "rocket"
    decoder.take(root, [Sample(120, 0, value) for value in (math.inf, math.nan, 0.5, 7**100_000, -(2**1024))])
    decoder.flush()
    assert [m.value for m in out if isinstance(m, messages.Samples)] == [(0.5,)]
    assert decoder.bad == 4


def test_a_value_that_cannot_be_drawn_is_told_of_once(decoder: Decoder, out: list[Message]) -> None:
    for pid in (10, 11):
        entry = get_or_add(decoder, pid, 110)
        entry.names[0] = entry.id, "rocket"
        decoder.take(entry, [Record(trace_format.NOT_DRAWN, 120, ("0",)), Record(trace_format.NOT_DRAWN, 130, ("9",))])
    [notice] = [message for message in out if isinstance(message, messages.Notice)]
    assert notice.text.startswith("rocket in ")
    assert decoder.unexplained == 2, "an index that nobody told of"


def test_records_become_messages(registry: ProcessRegistry, decoder: Decoder, out: list[Message]) -> None:
    root = get_or_add(decoder, 10, 110)
    decoder.take(
        root,
        [
            Record(trace_format.NAME, 111, ("0", "rocket", "0")),
            Record(trace_format.BEGAN, 112, ("3.13.0", "1", "exec", "")),
            Record(trace_format.START_CALLED, 120, ("11", "func1")),
            Record(trace_format.START_FAILED, 121, ("func2", "OSError: no")),
            Record(trace_format.TERMINATED, 180, ("11", "9")),
            Record(trace_format.REAPED, 190, ("11", "-9")),
            Record(trace_format.JOINED, 195, ("11",)),
            Record(trace_format.OUTPUT, 196, ("stdout", "a", "b")),
            Record(trace_format.OVERHEAD, 197, ("0.5", "1", "ValueError: odd")),
            Sample(198, 0, 7),
        ],
    )
    decoder.flush()
    assert messages.PythonInfo("3.13.0", True) in out
    assert messages.LifecycleEvent(2, "start_called", 20) in out
    assert messages.StartFailed(1, "func2", 21, "OSError: no") in out
    assert messages.Terminated(2, 80, 9) in out
    assert messages.Ended(2, None, 9, False) in out
    assert messages.LifecycleEvent(2, "joined", 95) in out
    assert messages.Output(1, 96, "stdout", "a\x1fb") in out
    assert messages.Samples((1,), ("rocket",), (98,), (7,)) in out
    assert any(isinstance(m, messages.Notice) and "ValueError: odd" in m.text for m in out)
    assert decoder.bad == 1  # the error inside the agent
    assert registry.find(11) is not None


TEXTS = st.lists(st.text(max_size=8) | st.integers().map(str), max_size=6).map(tuple)


@given(records=st.lists(st.builds(Record, st.integers(0, 40), st.integers(0, 2**62), TEXTS), max_size=8))
def test_records_of_any_content_do_no_harm(records: list[Record]) -> None:
    out: list[Message] = []
    emitter = emitter_into(out)
    registry = ProcessRegistry(emitter)
    registry.get_or_add(10, None, is_new=True)
    decoder = Decoder(registry, emitter, ActivityTracker(emitter))
    entry = get_or_add(decoder, 10, 5)
    decoder.take(entry, records)
    decoder.flush()
    line = messages.encode(0, out)
    json.loads(line)


# ---------------------------------------------------------------- cores and processes


def test_cores() -> None:
    cores = CpuLoad()
    end = time.monotonic() + 0.15
    while time.monotonic() < end:
        pass
    loads = until(cores.sample, "the system's clock to tick")
    assert len(loads) == CpuLoad.count() == psutil.cpu_count()
    assert all(0 <= load <= 100 for load in loads)
    assert max(loads) > 0


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    yield process
    process.kill()
    process.wait()


def test_looks(busy: subprocess.Popen[bytes]) -> None:
    samples = sampler.ProcessSampler()
    samples.add(7, busy.pid)
    samples.add(8, 2**22 + 1)  # no such process
    first = until(lambda: samples.samples(1.0), "a look")[0]
    assert (first.process, first.cpu) == (7, None)
    seen = {}
    # Kernels can be built without it.
    wanted = set(sampler.FIELDS) - (set() if os.path.exists("/proc/self/sched") else {"migrations"})

    def all_seen() -> bool:
        """Switches and memory come in turn, and the CPU's share from the second look on."""
        for look in samples.samples(0.05):  # one, so that some time has passed since the one before
            seen.update({name: value for name in look.__slots__ if (value := getattr(look, name)) is not None})
        return set(seen) >= wanted and seen["cpu"] > 0 and seen["rss"] > 1e6  # it has become a Python

    until(all_seen, "all figures")
    assert seen["rss"] > 1e6
    assert seen["peak_rss"] >= seen["rss"]
    assert seen.get("migrations", 0) >= 0
    assert seen["core"] in range(psutil.cpu_count() or 1)
    samples.remove(7)
    assert samples.samples(1.0) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not tell")
def test_when_a_process_began() -> None:
    before = time.monotonic_ns()
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        began = sampler.began_ns(sleeper.pid)
        sleeper.kill()
    assert began is not None
    assert before - 20_000_000 < began < time.monotonic_ns()
    assert sampler.began_ns(sleeper.pid) is None


def test_exit_status(busy: subprocess.Popen[bytes]) -> None:
    """Known before anybody has waited for the process."""
    assert exit_watcher.exit_status(busy.pid) is None
    busy.kill()
    until(lambda: state(busy.pid) == "Z", "its end")
    assert exit_watcher.exit_status(busy.pid) == -9
    busy.wait()
    assert exit_watcher.exit_status(busy.pid) is None
    assert is_gone(busy.pid)
    assert sampler.command(busy.pid) is None


def test_suspend_and_resume(busy: subprocess.Popen[bytes]) -> None:
    sampler.suspend(ProgramTree(os.getpid()))
    until(lambda: state(busy.pid) == "T", "it to stand still")
    sampler.resume(ProgramTree(os.getpid()))
    until(lambda: state(busy.pid) in ("R", "S"), "it to go on")
    assert (busy.pid, os.getpid()) in sampler.descendants(ProgramTree(os.getpid()))


# ---------------------------------------------------------------- abilities


def test_abilities() -> None:
    before = psutil.Process().cpu_affinity()
    assert capabilities.usable_cores() == before
    assert capabilities.core() in range(os.cpu_count() or 1)
    assert capabilities.can_pin()
    assert psutil.Process().cpu_affinity() == before


def test_abilities_that_a_system_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""
    monkeypatch.delattr(psutil.Process, "cpu_num")
    monkeypatch.delattr(psutil.Process, "cpu_affinity")
    assert (capabilities.core(), capabilities.usable_cores(), capabilities.can_pin()) == (None, None, False)


def test_abilities_that_a_system_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(process: psutil.Process, cores: object = None) -> list[int]:
        if cores is not None:
            raise psutil.AccessDenied(process.pid)
        return [0]

    monkeypatch.setattr(psutil.Process, "cpu_affinity", denied)
    assert not capabilities.can_pin()


# ---------------------------------------------------------------- the queue's sender


def samples(count: int) -> messages.Samples:
    return messages.Samples((1,) * count, ("rocket",) * count, tuple(range(count)), (0,) * count)


def test_sender_never_waits_and_counts_what_it_drops() -> None:
    frames: Any = queue.Queue(1)
    sender = Sender(frames, 60)
    line = messages.Output(1, 5, "stdout", "x")
    ended = messages.RunEnded(5, "finished", 0)
    sender.send(Frame(0, (samples(1),)))
    sender.send(Frame(1, ()))
    sender.send(Frame(1, (samples(10), ended)))  # waits in the sender
    sender.send(Frame(2, (samples(MOST_WAITING), line)))  # too many: dropped
    assert frames.get().messages == (samples(1),)
    sender.send(Frame(3, (messages.Losses(2, 0, 0, 0),)))
    assert frames.get().messages == (ended, messages.Losses(2 + 10 + MOST_WAITING, 0, 0, 1))
    assert frames.empty()
