"""Black boxes, written by the agent and read by the collector: never a wrong record, and losses are counted."""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.agent import box as writing
from rocketgui.agent import layout
from rocketgui.collector import boxes as reading
from rocketgui.collector.boxes import NotABox, Record, Sample

SLOTS = 8
#: A box of the agent must live as long as its process: before Python 3.13 its map closes a number that is not its own.
KEPT: list[writing.Box] = []


def lane() -> tuple[mmap.mmap, writing.Lane, reading.Lane]:
    memory = mmap.mmap(-1, SLOTS * layout.SLOT_SIZE)
    return memory, writing.Lane(memory, 0, SLOTS), reading.Lane(0, SLOTS)


def skip(writer: writing.Lane) -> None:
    """What a writer leaves that dies, or is interrupted, between taking a number and filling the slot."""
    next(writer._numbers)


def tear(memory: mmap.mmap, writer: writing.Lane, number: int) -> None:
    """What a writer leaves that dies in the middle of filling the slot."""
    writer.write(1, b"torn")
    where = (number - 1) % SLOTS * layout.SLOT_SIZE + layout.SLOT_SIZE - 1
    memory[where] ^= 0xFF


#: What happens to a lane: whole records, up to two in a row that are not, and reading.
STEPS = st.lists(
    st.one_of(
        st.sampled_from(["write", "write", "write", "read", "read patiently", "skip", "tear"]),
        st.integers(2, 3 * SLOTS),  # so many records at once
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_every_record_is_read_once_in_order_or_counted_as_lost(steps: list[str | int]) -> None:
    memory, writer, reader = lane()
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
            read += [payload for _, payload in reader.read(memory, 0)]
        elif step == "read patiently":
            read += [payload for _, payload in reader.read(memory)]
        else:
            for _ in range(int(step)):
                write()
    read += [payload for _, payload in reader.read(memory, 0)]
    assert set(read) <= set(written)
    assert read == sorted(read, key=lambda payload: struct.unpack("<Q", payload))
    assert len(read) == len(set(read))
    assert read[-1] == written[-1]
    assert len(read) + reader.lost == number


@given(payloads=st.lists(st.binary(min_size=0, max_size=layout.PAYLOAD_SIZE * 3), max_size=12))
def test_long_records_come_whole_or_not_at_all(payloads: list[bytes]) -> None:
    memory, writer, reader = lane()
    read: list[bytes] = []
    for number, payload in enumerate(payloads):
        writer.write(1, payload)
        if number % 2:
            read += [payload for _, payload in reader.read(memory, 0)]
    read += [payload for _, payload in reader.read(memory, 0)]
    assert set(read) <= set(payloads)
    if reader.lost == 0:
        assert read == payloads


@given(patience=st.integers(0, 8))
def test_slot_that_is_filled_late_is_waited_for(patience: int) -> None:
    """The writer is interrupted between taking the number and filling the slot; another thread goes on."""
    memory, writer, reader = lane()
    late = next(writer._numbers)
    writer.write(1, b"second")
    writer.write(1, b"third")
    for _ in range(patience):
        assert list(reader.read(memory, patience)) == []
    writer._put(late, 1, b"first", 0, 1)
    assert [payload for _, payload in reader.read(memory, patience)] == [b"first", b"second", b"third"]
    assert reader.lost == 0


def test_long_record_that_an_exception_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than its own parts are lost."""
    memory, writer, reader = lane()
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
    assert [payload for _, payload in reader.read(memory, 0)] == [b"after"]
    assert reader.lost == 1


def test_new_box(tmp_path: Path) -> None:
    box, read = boxes(tmp_path)
    box.sample(0, 5, 7)
    box.sample(1, 6, 0.5)
    box.sample(0, 7, 2**70)
    box.sample(0, 8, -(2**63))
    box.output(9, "stdout", "hello")
    box.output(10, "stderr", "ä" * 9000)
    box.event(layout.NAMED, 11, "func1", 4)
    box.event(layout.EXITING, 12, None, 0.5, None)
    found = list(read.read())
    assert found[:4] == [Sample(5, 0, 7), Sample(6, 1, 0.5), Sample(7, 0, 2**70), Sample(8, 0, -(2**63))]
    assert found[4] == Record(layout.OUTPUT, 9, ("stdout", "hello"))
    long = found[5]
    assert isinstance(long, Record)
    assert long.texts[1].startswith("ä" * 3000)
    assert found[6:] == [Record(layout.NAMED, 11, ("func1", "4")), Record(layout.EXITING, 12, ("", "0.5", ""))]
    assert list(read.read()) == []
    assert (read.samples_lost, read.lines_lost, read.events_lost, read.bad) == (0, 0, 0, 0)
    assert (read.pid, read.parent_pid) == (11, 22)
    read.close()
    assert list(tmp_path.iterdir()) == []


def boxes(folder: Path) -> tuple[writing.Box, reading.Box]:
    box = writing.Box(str(folder), 11, 22)
    KEPT.append(box)
    [path] = folder.glob(f"11-*{layout.BOX_SUFFIX}")
    return box, reading.Box(str(path))


def test_losses_are_counted_by_kind(tmp_path: Path) -> None:
    box, read = boxes(tmp_path)
    total = 3 * layout.FLOW_SLOTS
    for number in range(total):
        box.sample(0, number, number)
        if number % 3 == 0:
            box.output(number, "stdout", "x")
    for number in range(3 * layout.EVENT_SLOTS):
        box.event(layout.COST, number, 0, 0, "")
    found = list(read.read())
    samples = [entry for entry in found if isinstance(entry, Sample)]
    lines = [entry for entry in found if isinstance(entry, Record) and entry.kind == layout.OUTPUT]
    costs = [entry for entry in found if isinstance(entry, Record) and entry.kind == layout.COST]
    assert samples[-1].value == total - 1
    assert len(samples) + read.samples_lost == total
    assert len(lines) + read.lines_lost == total // 3
    assert len(costs) + read.events_lost == 3 * layout.EVENT_SLOTS
    assert read.bad == 0
    read.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a box with a little of everything."""
    folder = tmp_path_factory.mktemp("filled")
    box, read = boxes(folder)
    box.event(layout.BEGAN, 1, "3.11.7", 1, "exec", "")
    for number in range(20):
        box.sample(0, number, number)
        box.sample(0, number, 2**80)
        box.sample(0, number, 0.5)
        box.output(number, "stdout", "line" * number)
    box.event(layout.EXITING, 2, 0, 0.1, 1, 2, 3)
    data = Path(read.path).read_bytes()
    read.close()
    return data


@given(data=st.data())
def test_mutated_bytes_do_no_harm(filled: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    changed = bytearray(filled)
    used = st.one_of(
        st.integers(layout.EVENT_OFFSET, layout.EVENT_OFFSET + 4 * layout.SLOT_SIZE),
        st.integers(layout.FLOW_OFFSET, layout.FLOW_OFFSET + 120 * layout.SLOT_SIZE),
    )
    for _ in range(data.draw(st.integers(1, 12))):
        changed[data.draw(used)] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "mutated.box"
    path.write_bytes(changed)
    known = everything(path, filled)
    path.write_bytes(changed)
    read = reading.Box(str(path))
    for _ in range(3):
        for entry in read.read(patience=0):
            assert entry in known  # a record is right, or it is not one
    read.close()


def everything(path: Path, data: bytes) -> list[Sample | Record]:
    path.write_bytes(data)
    read = reading.Box(str(path))
    found = list(read.read())
    read.close()
    return found


@given(payload=st.binary(max_size=layout.PAYLOAD_SIZE), kind=st.integers(0, 255))
def test_records_that_make_no_sense_are_counted(
    payload: bytes, kind: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    box, read = boxes(tmp_path_factory.mktemp("odd"))
    box._flow.write(kind, payload)
    found = list(read.read())
    assert len(found) + read.bad == 1
    os.unlink(read.path)
    read._memory.close()


def test_files_that_are_no_boxes(tmp_path: Path) -> None:
    for data in (b"", b"short", bytes(layout.BOX_SIZE), b"RGBOX\x00\x00\x01" + bytes(layout.BOX_SIZE - 8)):
        path = tmp_path / "1-1.box"
        path.write_bytes(data)
        with pytest.raises(NotABox):
            reading.Box(str(path))


def test_samples_of_two_threads_may_change_places(tmp_path: Path) -> None:
    box = writing.Box(str(tmp_path), 10, 1)
    KEPT.append(box)
    box._samples = iter((2, 1, 3))  # type: ignore[assignment]
    for number in range(3):
        box.sample(0, number, number)
    [path] = tmp_path.iterdir()
    read = reading.Box(str(path))
    assert len(list(read.read())) == 3
    assert read.samples_lost == 0
