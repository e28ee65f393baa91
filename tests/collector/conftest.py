"""A registry of processes, and the decoder that fills it."""

from __future__ import annotations

from typing import Any

import pytest

from rocketgui.collector.emitter import Emitter
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.registry import ProcessEntry, ProcessRegistry
from rocketgui.collector.trace.decoder import Decoder
from rocketgui.protocol.messages import Message
from tests.helpers import emitter_into


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


class FakeReader:
    """As much of a buffer as its translation asks for."""

    def __init__(self, pid: int, parent_pid: int, began_ns: int) -> None:
        self.pid, self.parent_pid, self.began_ns = pid, parent_pid, began_ns
        self.thread = 0


@pytest.fixture
def decoder(registry: ProcessRegistry, emitter: Emitter) -> Decoder:
    return Decoder(registry, emitter, ActivityTracker(emitter))


def get_or_add(decoder: Decoder, pid: int, began_ns: int) -> ProcessEntry:
    reader: Any = FakeReader(pid, 10, began_ns)
    entry = decoder.get_or_add(reader)
    assert entry is not None
    return entry
