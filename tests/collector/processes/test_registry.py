"""Which process is which, whoever tells of it first, and how it ended."""

from __future__ import annotations

import pytest

from rocketgui.agent import trace_format
from rocketgui.collector.processes.registry import ProcessRegistry, copy_of
from rocketgui.collector.trace.decoder import Decoder
from rocketgui.collector.trace.reader import Record
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message
from rocketgui.system.signals import signal_name
from tests.collector.conftest import get_or_add
from tests.helpers import emitter_into


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
