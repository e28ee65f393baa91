"""Trace buffers, written by the agent and read by the collector: never a wrong record, and losses are counted."""

from __future__ import annotations

import math
import mmap
import os
import random
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.agent import trace_buffer as writing
from rocketgui.agent import trace_format
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.registry import ProcessRegistry
from rocketgui.collector.trace import reader as reading
from rocketgui.collector.trace.decoder import Decoder
from rocketgui.collector.trace.reader import NotATraceBuffer, Record, Sample
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message
from tests.helpers import emitter_into

SLOTS = 8
#: A buffer of the agent must live as long as its process: before Python 3.13 its map closes a number that is not its
#: own.
KEPT: list[writing.TraceBuffer] = []


class Reader:
    """Reads a ring in memory, as a file is read."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._lane = reading.RingReader(0, SLOTS)

    @property
    def lost(self) -> int:
        return self._lane.lost

    def read(self, patience: int = reading.PATIENCE) -> Iterator[tuple[int, bytes]]:
        return self._lane.read(lambda size, at: self._memory[at : at + size], 1 << 40, patience)


def ring() -> tuple[mmap.mmap, writing.Ring, Reader]:
    memory = mmap.mmap(-1, SLOTS * trace_format.SLOT_SIZE)
    return memory, writing.Ring(memory, 0, SLOTS), Reader(memory)


def skip(writer: writing.Ring) -> None:
    """What a writer leaves that dies, or is interrupted, between taking a number and filling the slot."""
    next(writer._numbers)


def tear(memory: mmap.mmap, writer: writing.Ring, number: int) -> None:
    """What a writer leaves that dies in the middle of filling the slot."""
    writer.write(1, b"torn")
    where = (number - 1) % SLOTS * trace_format.SLOT_SIZE + trace_format.SLOT_SIZE - 1
    memory[where] ^= 0xFF


#: What happens to a ring: whole records, up to two in an entry that are not, and reading.
STEPS = st.lists(
    st.one_of(
        st.sampled_from(["write", "write", "write", "read", "read patiently", "skip", "tear"]),
        st.integers(2, 3 * SLOTS),  # so many records at once
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_every_record_is_read_once_in_order_or_counted_as_lost(steps: list[str | int]) -> None:
    memory, writer, reader = ring()
    number = 0
    in_a_row = 0
    written: list[bytes] = []
    read: list[bytes] = []

    def write() -> None:
        nonlocal number
        number += 1
        written.append(struct.pack("<Q", number))
        writer.write(1, written[-1])

    for step in [*steps, 2]:
        broken = step in ("skip", "tear")
        in_a_row = in_a_row + 1 if broken else in_a_row if step in ("read", "read patiently") else 0
        if broken and in_a_row > 2:
            continue
        if step == "write":
            write()
        elif step == "skip":
            number += 1
            skip(writer)
        elif step == "tear":
            number += 1
            tear(memory, writer, number)
        elif step == "read":
            read += [payload for _, payload in reader.read(0)]
        elif step == "read patiently":
            read += [payload for _, payload in reader.read()]
        else:
            for _ in range(int(step)):
                write()
    read += [payload for _, payload in reader.read(0)]
    assert set(read) <= set(written)
    assert read == sorted(read, key=lambda payload: struct.unpack("<Q", payload))
    assert len(read) == len(set(read))
    assert read[-1] == written[-1]
    assert len(read) + reader.lost == number


@given(payloads=st.lists(st.binary(min_size=0, max_size=trace_format.PAYLOAD_SIZE * 3), max_size=12))
def test_long_records_come_whole_or_not_at_all(payloads: list[bytes]) -> None:
    _, writer, reader = ring()
    read: list[bytes] = []
    for number, payload in enumerate(payloads):
        writer.write(1, payload)
        if number % 2:
            read += [payload for _, payload in reader.read(0)]
    read += [payload for _, payload in reader.read(0)]
    assert set(read) <= set(payloads)
    if reader.lost == 0:
        assert read == payloads


class Text(str):
    """A text of the program's own kind."""

    def __str__(self) -> str:
        raise ValueError("called")

    __repr__ = __str__


#: Any text: separators of all kinds, surrogates, and longer than a record.
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["\x1f", "a\x1fb\nc,d", "\udcff" * 90_000, "é" * 90_000]
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[writing.TraceBuffer, reading.TraceReader]]:
    """A buffer that is used again and again, and its reader."""
    written, read = readers(tmp_path_factory.mktemp("buffers"))
    yield written, read
    read.close()


@given(name=ANY_TEXT | ANY_TEXT.map(Text), last=ANY_TEXT)
def test_texts_of_events_stay_apart(
    pair: tuple[writing.TraceBuffer, reading.TraceReader], name: str, last: str
) -> None:
    """Whatever a name is, what comes after it is still there; what is too long is cut."""
    written, read = pair
    written.event(trace_format.NAMED, 7, 5, name, None, last[:9])
    written.event(trace_format.NAMED, 8, last)
    found = [record.texts for record in read.read() if isinstance(record, Record)]
    assert [len(texts) for texts in found] == [4, 1]
    (number, told, nothing, end), (whole,) = found
    assert (number, nothing) == ("5", "")
    for text, came in ((str.__str__(name), told), (last[:9], end), (last, whole)):
        if not any(character == "\x1f" or "\ud800" <= character < "\ue000" for character in text):
            assert came == text or (len(text) >= trace_format.MAX_WORD and text.startswith(came.rstrip("\ufffd")))


@given(patience=st.integers(0, 8))
def test_slot_that_is_filled_late_is_waited_for(patience: int) -> None:
    """The writer is interrupted between taking the number and filling the slot; another thread goes on."""
    _, writer, reader = ring()
    late = next(writer._numbers)
    writer.write(1, b"second")
    writer.write(1, b"third")
    for _ in range(patience):
        assert list(reader.read(patience)) == []
    writer._put(late, 1, b"first", 0, 1)
    assert [payload for _, payload in reader.read(patience)] == [b"first", b"second", b"third"]
    assert reader.lost == 0


def test_long_record_that_an_exception_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than its own parts are lost."""
    _, writer, reader = ring()
    put, calls = writer._put, 0

    def interrupted(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        put(*arguments)

    monkeypatch.setattr(writer, "_put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        writer.write(1, b"x" * 200)
    monkeypatch.undo()
    writer.write(1, b"after")
    assert [payload for _, payload in reader.read(0)] == [b"after"]
    assert reader.lost == 1


def test_new_trace_buffer(tmp_path: Path) -> None:
    reader, read = readers(tmp_path)
    reader.sample(0, 5, 7)
    reader.sample(1, 6, 0.5)
    reader.sample(0, 7, 2**70)
    reader.sample(0, 8, -(2**63))
    reader.output(9, "stdout", ["hello"])
    reader.output(10, "stderr", ["ä" * 3_900])
    reader.event(trace_format.NAMED, 11, "func1", 4)
    reader.event(trace_format.EXITING, 12, None, 0.5, None)
    found = list(read.read())
    assert found[:4] == [Sample(5, 0, 7), Sample(6, 1, 0.5), Sample(7, 0, 2**70), Sample(8, 0, -(2**63))]
    assert found[4] == Record(trace_format.OUTPUT, 9, ("stdout", "hello"))
    long = found[5]
    assert isinstance(long, Record)
    assert long.texts[1].startswith("ä" * 3000)
    assert found[6:] == [
        Record(trace_format.NAMED, 11, ("func1", "4")),
        Record(trace_format.EXITING, 12, ("", "0.5", "")),
    ]
    assert list(read.read()) == []
    assert (read.samples_lost, read.lines_lost, read.events_lost, read.bad) == (0, 0, 0, 0)
    assert (read.pid, read.parent_pid) == (11, 22)
    read.close()
    assert list(tmp_path.iterdir()) == []


def readers(folder: Path) -> tuple[writing.TraceBuffer, reading.TraceReader]:
    reader = writing.TraceBuffer(str(folder), 11, 22)
    KEPT.append(reader)
    [path] = folder.glob(f"11-*{trace_format.TRACE_SUFFIX}")
    return reader, reading.TraceReader(str(path))


def test_losses_are_counted_by_kind(tmp_path: Path) -> None:
    reader, read = readers(tmp_path)
    total = 3 * trace_format.FLOW_SLOTS
    for number in range(total):
        reader.sample(0, number, number)
        if number % 3 == 0:
            reader.output(number, "stdout", ["x"])
    for number in range(3 * trace_format.EVENT_SLOTS):
        reader.event(trace_format.OVERHEAD, number, 0, 0, "")
    found = list(read.read())
    samples = [entry for entry in found if isinstance(entry, Sample)]
    lines = [entry for entry in found if isinstance(entry, Record) and entry.kind == trace_format.OUTPUT]
    costs = [entry for entry in found if isinstance(entry, Record) and entry.kind == trace_format.OVERHEAD]
    assert samples[-1].value == total - 1
    assert len(samples) + read.samples_lost == total
    assert len(lines) + read.lines_lost == total // 3
    assert len(costs) + read.events_lost == 3 * trace_format.EVENT_SLOTS
    assert read.bad == 0
    read.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a buffer with a little of everything."""
    folder = tmp_path_factory.mktemp("filled")
    reader, read = readers(folder)
    reader.event(trace_format.BEGAN, 1, "3.11.7", 1, "exec", "")
    for number in range(20):
        reader.sample(0, number, number)
        reader.sample(0, number, 2**80)
        reader.sample(0, number, 0.5)
        reader.output(number, "stdout", ["line" * number])
    reader.event(trace_format.EXITING, 2, 0, 0.1, 1, 2, 3)
    data = Path(read.path).read_bytes()
    read.close()
    return data


@given(data=st.data())
def test_mutated_bytes_do_no_harm(filled: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    changed = bytearray(filled)
    used = st.one_of(
        st.integers(trace_format.EVENT_OFFSET, trace_format.EVENT_OFFSET + 4 * trace_format.SLOT_SIZE),
        st.integers(trace_format.FLOW_OFFSET, trace_format.FLOW_OFFSET + 120 * trace_format.SLOT_SIZE),
    )
    for _ in range(data.draw(st.integers(1, 12))):
        changed[data.draw(used)] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "mutated.trace"
    path.write_bytes(changed)
    known = everything(path, filled)
    path.write_bytes(changed)
    read = reading.TraceReader(str(path))
    for _ in range(3):
        for entry in read.read(patience=0):
            assert entry in known  # a record is right, or it is not one
    read.close()


def everything(path: Path, data: bytes) -> list[Sample | Record]:
    path.write_bytes(data)
    read = reading.TraceReader(str(path))
    found = list(read.read())
    read.close()
    return found


@given(payload=st.binary(max_size=trace_format.PAYLOAD_SIZE), kind=st.integers(0, 255))
def test_records_that_make_no_sense_are_counted(
    payload: bytes, kind: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reader, read = readers(tmp_path_factory.mktemp("odd"))
    reader._flow.write(kind, payload)
    found = list(read.read())
    assert len(found) + read.bad == 1
    read.close()


def test_files_that_are_no_trace_buffers(tmp_path: Path) -> None:
    for data in (
        b"",
        b"short",
        bytes(trace_format.TRACE_SIZE),
        b"RGTRACE\x01" + bytes(trace_format.TRACE_SIZE - 8),
    ):
        path = tmp_path / "1-1.trace"
        path.write_bytes(data)
        with pytest.raises(NotATraceBuffer):
            reading.TraceReader(str(path))


def test_samples_of_two_threads_may_change_places(tmp_path: Path) -> None:
    reader = writing.TraceBuffer(str(tmp_path), 10, 1)
    KEPT.append(reader)
    reader._samples = iter((2, 1, 3))  # type: ignore[assignment]
    for number in range(3):
        reader.sample(0, number, number)
    [path] = tmp_path.iterdir()
    read = reading.TraceReader(str(path))
    assert len(list(read.read())) == 3
    assert read.samples_lost == 0


#: How many buffers with right check sums and wrong contents are tried.
MUTANTS = int(os.environ.get("ROCKETGUI_MUTANTS", "10000"))
ODD_NUMBERS = (0, 1, 2, 5, 77, 1024, 4096, 4097, 2**31, 2**32, 2**47, 2**63, 2**64 - 1)


def forge(ring: bytearray, offset: int, slots: int, chosen: random.Random) -> None:
    """Change something in one slot that was written, or fill another one, and give it the check sum that it should
    have."""
    written = [
        at
        for at in range(offset, offset + slots * trace_format.SLOT_SIZE, trace_format.SLOT_SIZE)
        if struct.unpack_from("<Q", ring, at)[0]
    ]
    at = chosen.choice(written) + chosen.choice((0, 0, 0, trace_format.SLOT_SIZE))
    number, _, kind, used, part, parts, payload = struct.unpack_from(trace_format.SLOT, ring, at)
    what = chosen.randrange(7)
    number = chosen.choice((number, *ODD_NUMBERS)) if what == 0 else number
    kind = chosen.randrange(256) if what == 1 else kind
    used = chosen.randrange(256) if what == 2 else used
    part, parts = (chosen.randrange(256), chosen.randrange(256)) if what == 3 else (part, parts)
    body = bytearray(payload)
    if what == 4:  # a number of a record, a time, an index, a value: whatever it is
        struct.pack_into("<q", body, chosen.randrange(40), chosen.choice((-1, 0, 1, 2**31, -(2**63), 2**63 - 1)))
    elif what == 5:
        struct.pack_into("<d", body, chosen.randrange(40), chosen.choice((math.nan, math.inf, -1e308)))
    elif what == 6:
        body[chosen.randrange(48)] = chosen.choice((0, 0x1F, 0x0A, 0xFF, ord("-"), ord("9")))
    rest = struct.pack(trace_format.SLOT_REST, kind, used, part, parts, bytes(body))
    check = zlib.crc32(rest, number & 0xFFFFFFFF)
    struct.pack_into(trace_format.SLOT, ring, at, number, check, kind, used, part, parts, bytes(body))


@pytest.mark.slow
@pytest.mark.timeout(60 + MUTANTS // 100)
def test_hostile_contents_with_right_check_sums(tmp_path: Path) -> None:
    """Whatever they say, it is read to its end, becomes messages that make sense or is counted, and counts are
    plausible."""
    reader, read = readers(tmp_path)
    now = time.monotonic_ns()
    reader.event(trace_format.BEGAN, now, "3.11.7", 1, "exec", "")
    reader.event(trace_format.NAME, now, 0, "rocket", 0)
    reader.event(trace_format.START_CALLED, now, 4711, "func1")
    reader.event(trace_format.REAPED, now, 4711, 0)
    reader.event(trace_format.ACTIVITY, now, 50, 10, "queue", "", "f.py", 3, "f")
    reader.event(trace_format.OVERHEAD, now, 0.1, 0, "")
    reader.event(trace_format.EXITING, now, 0, 0.1, 1, 2, 3)
    for number in range(6):
        reader.sample(0, now, number)
        reader.sample(0, now, 2**80)
        reader.sample(0, now, 0.5)
        reader.output(now, "stdout", ["line " * 40, "next"])
    data = Path(read.path).read_bytes()
    seed = random.randrange(2**32)
    print(f"random seed {seed}")
    chosen = random.Random(seed)
    for _ in range(MUTANTS):
        forged = bytearray(data)
        for _ in range(chosen.randint(1, 4)):
            rings = ((trace_format.EVENT_OFFSET, 24), (trace_format.FLOW_OFFSET, 64))
            forge(forged, *chosen.choice(rings), chosen)
        hostile = reading.TraceReader(read.path)
        hostile._read = lambda size, at, forged=forged: bytes(forged[at : at + size])  # type: ignore[method-assign, misc]
        out: list[Message] = []
        emitter = emitter_into(out, now)
        registry = ProcessRegistry(emitter)
        decoder = Decoder(registry, emitter, ActivityTracker(emitter))
        entry = decoder.get_or_add(hostile)
        assert entry is not None
        for _ in range(2):
            decoder.take(entry, hostile.read(patience=0))
        decoder.flush()
        for message in out:
            messages.check(message)
        # As many as can have been written since the buffer was made, and no more.
        most = (time.monotonic_ns() - hostile.began_ns) // reading.FASTEST_NS + 10_000
        losses = hostile.samples_lost, hostile.events_lost, hostile.bad, decoder.bad
        assert all(0 <= count <= 30 * most for count in losses), losses
        assert 0 <= hostile.lines_lost <= 30 * most * reading.LINES
        hostile.release()
    read.close()
