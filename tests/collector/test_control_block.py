"""The control block: the agent reads what the collector wrote."""

from __future__ import annotations

import sys
from pathlib import Path

from rocketgui.agent import control_block as agent_control_block
from rocketgui.agent import trace_format
from rocketgui.collector.control_block import ControlBlockWriter
from tests.helpers import control_block_in

#: As with buffers, what the agent has mapped must live as long as this process.
KEPT: list[agent_control_block.ControlBlockReader] = []


def control_blocks(
    folder: Path, rate_hz: float = 60.0
) -> tuple[ControlBlockWriter, agent_control_block.ControlBlockReader]:
    written = control_block_in(folder, rate_hz)
    read = agent_control_block.ControlBlockReader(str(folder))
    KEPT.append(read)
    return written, read


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
