"""Whatever stands in a trace buffer with a right check sum is translated into messages that make sense, or counted."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rocketgui.agent import trace_format
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.registry import ProcessEntry, ProcessRegistry, copy_of
from rocketgui.collector.trace.decoder import EARLY, NAMELESS, Decoder
from rocketgui.collector.trace.reader import Record, Sample
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message
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
def test_whatever_stands_in_a_box(told: list[Record | Sample], found: bool) -> None:
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


def test_a_chain_of_forks_has_a_short_name() -> None:
    names = ["sh"]
    for _ in range(3):
        names.append(copy_of(names[-1]))
    assert names == ["sh", "fork of sh", "fork of sh (2 generations)", "fork of sh (3 generations)"]
    assert copy_of("fork of sh (2,x generations)") == "fork of sh (2,x generations) (2 generations)"


def test_names_are_bounded_where_they_become_known() -> None:
    out: list[Message] = []
    registry = ProcessRegistry(emitter_into(out))
    root = registry.get_or_add(10, None, is_new=True)
    child = registry.get_or_add(11, 10, is_new=True)
    registry.name(child, "x" * 10_000, 10)
    thread = registry.add_thread(root, 1, "y" * 10_000)
    guessed = registry.get_or_add(12, 10, is_new=True)
    registry.guess(guessed, ["/bin/" + "z" * 10_000])
    assert {len(entry.name) for entry in (child, thread, guessed)} == {messages.NAME_MOST}
    assert child.name.endswith("…")
