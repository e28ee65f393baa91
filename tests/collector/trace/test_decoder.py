"""Whatever stands in a trace buffer with a right check sum is translated into messages that make sense, or counted."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rocketgui.agent import trace_format
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.registry import ProcessEntry, ProcessRegistry
from rocketgui.collector.trace.decoder import EARLY, NAMELESS, Decoder
from rocketgui.collector.trace.reader import Record, Sample
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message
from tests.collector.conftest import get_or_add
from tests.helpers import emitter_into

#: Records that are made up in all, some twenty in each buffer.
RECORDS = int(os.environ.get("ROCKETGUI_MUTANTS", "10000"))


WORDS = [
    "", "0", "1", "2", "11", "12", "-1", "-9", "-2147483649", "2147483648", "99999999999999999999", "1e400", "nan",
    "inf", "-inf", "0.5", "x", "func1", "began", "start_called", "start_failed", "failed", "exited", "target_left",
    "vanished", "fork", "exec", "interpreter", "resource tracker", "python3", "lock", "dancing", "stdout", "stderr",
    "stdout:1", "stdout:x", "stdlog", "3.11.7", "9" * 4_400, "x" * 7_900, "\x00", "\ud800",
]  # fmt: skip


TIMES = st.sampled_from([0, 1, -1, -(2**63), 2**63 - 1, 10**18]) | st.integers(-(10**9), 10**9)


TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=7).map(tuple)


EVENTS = st.builds(Record, st.sampled_from(sorted(trace_format.KINDS)) | st.integers(0, 255), TIMES, TEXTS)


SAMPLES = st.builds(
    Sample, TIMES, st.integers(0, 9) | st.integers(0, 65_535), st.integers(-(2**70), 2**70) | st.floats()
)


def decoder_of(out: list[Message], launched_ns: int, *, found: bool = False) -> tuple[Decoder, ProcessEntry]:
    """A decoder, and the entry of the program's first process."""
    emitter = emitter_into(out, launched_ns)
    registry = ProcessRegistry(emitter)
    entry = registry.get_or_add(10, None, is_new=True)
    entry.agent = True
    return Decoder(registry, emitter, ActivityTracker(emitter), found=found), entry


@pytest.mark.timeout(900)
@settings(max_examples=max(RECORDS // 20, 1), deadline=None, suppress_health_check=list(HealthCheck))
@given(told=st.lists(EVENTS | SAMPLES, max_size=40), found=st.booleans())
def test_whatever_stands_in_a_trace_buffer(told: list[Record | Sample], found: bool) -> None:
    now = time.monotonic_ns()
    out: list[Message] = []
    decoder, entry = decoder_of(out, now, found=found)
    shifted = [record._replace(t_ns=record.t_ns + now) for record in told]
    for process in (entry, *list(decoder._registry)[1:]):
        decoder.take(process, [*shifted, *told])
    decoder.flush()
    assert 0 <= decoder.bad + decoder.unexplained <= 2 * len(told)
    for message in out:
        messages.check(message)
    wire = messages.encode(0, out)
    assert messages.decode(wire).messages == tuple(out)
    json.loads(wire)


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (trace_format.START_CALLED, ("-1", "func1")),
        (trace_format.START_CALLED, ("2147483648", "func1")),
        (trace_format.SPAWNED, ("0", "sh")),
        (trace_format.EXITING, ("0", "nan", "", "", "")),
        (trace_format.EXITING, ("0", "inf", "", "", "")),
        (trace_format.EXITING, ("0", "0.1", "-5", "", "")),
        (trace_format.OVERHEAD, ("nan", "0", "")),
        (trace_format.OVERHEAD, ("0.1", "99999999999999999999", "")),
        (trace_format.THREAD, ("1", "vanished", "")),
        (trace_format.NAME, ("0", "", "0")),
        (trace_format.ACTIVITY, ("1", "1", "lock", "", "a.py", "-3", "f")),
        (trace_format.NAMED, ("func1", "-1")),
        (200, ()),
    ],
)
def test_nonsense_is_counted_and_changes_nothing(kind: int, texts: tuple[str, ...]) -> None:
    now = time.monotonic_ns()
    out: list[Message] = []
    decoder, entry = decoder_of(out, now)
    before = list(out)
    decoder.take(entry, [Record(kind, now, texts)])
    assert (out, decoder.bad, entry.cpu_s, entry.agent_cpu_s) == (before, 1, 0.0, 0.0)


@pytest.mark.parametrize("texts", [("11", "5000"), ("11", "-9"), ("11", "0")])
def test_a_message_out_of_range_goes_no_further(texts: tuple[str, ...]) -> None:
    now = time.monotonic_ns()
    out: list[Message] = []
    decoder, entry = decoder_of(out, now)
    decoder.take(entry, [Record(trace_format.START_CALLED, now, ("11", "func1"))])
    before = list(out)
    decoder.take(entry, [Record(trace_format.TERMINATED, now, texts)])
    assert (out, decoder.bad) == (before, 1)


@pytest.mark.parametrize("t_ns", [-(2**63), 0, 2**63 - 1])
def test_a_time_of_another_clock_is_refused(t_ns: int) -> None:
    out: list[Message] = []
    decoder, entry = decoder_of(out, time.monotonic_ns() + 10**15)
    decoder.take(entry, [Record(trace_format.TARGET_ENTERED, t_ns, ()), Sample(t_ns, 0, 5)])
    assert decoder.bad == 2


def test_what_was_told_of_a_thread_that_is_not_known_is_no_bad_record() -> None:
    out: list[Message] = []
    now = time.monotonic_ns()
    decoder, entry = decoder_of(out, now)
    decoder.take(entry, [Record(trace_format.THREAD, now, ("7", "target_left", ""))])
    [seen] = [message for message in out if isinstance(message, messages.ProcessSeen) and message.kind == "thread"]
    assert (seen.parent, seen.name, decoder.bad) == (entry.id, "thread 7", 0)


def test_what_waits_for_its_name_is_bounded() -> None:
    out: list[Message] = []
    now = time.monotonic_ns()
    decoder, entry = decoder_of(out, now)
    some: list[Any] = [Sample(now, number % 60_000, 1) for number in range(NAMELESS + 5)]
    some += [Record(trace_format.OUTPUT, now, ("stdout:7", "line"))] * (EARLY + 5)
    decoder.take(entry, some)
    assert decoder.unexplained == 10
    decoder.take(entry, [Record(trace_format.NAME, now, ("3", "rocket", "0"))])
    decoder.flush()
    assert [m.name for m in out if isinstance(m, messages.Samples)] == [("rocket",)]


SOME_TEXTS = st.lists(st.text(max_size=8) | st.integers().map(str), max_size=6).map(tuple)


def test_trace_buffer_that_is_found_after_its_process_has_ended(registry: ProcessRegistry, decoder: Decoder) -> None:
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


@given(records=st.lists(st.builds(Record, st.integers(0, 40), st.integers(0, 2**62), SOME_TEXTS), max_size=8))
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
