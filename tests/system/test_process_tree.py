"""The processes below one: which they are, and how they are ended."""

from __future__ import annotations

import os
import subprocess

import pytest

from rocketgui.system import process_tree
from tests.helpers import is_gone, kill_all, state, until


def test_descendants() -> None:
    """Parents stand before their children."""
    child = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
    try:
        [grandchild] = until(lambda: process_tree.descendants(child.pid), "the grandchild")
        found = process_tree.descendants(os.getpid())
        assert found.index(child.pid) < found.index(grandchild)
        assert process_tree.stop_descendants(child.pid) == [grandchild]
        until(lambda: state(grandchild) == "T", "the grandchild to stand still")
    finally:
        kill_all([*process_tree.descendants(child.pid), child.pid])
        child.wait()
    until(lambda: is_gone(grandchild), "its end")


def test_descendants_without_the_system_knowing_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Linux was built without lists of children, every process is asked for its parent."""
    child = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
    try:
        expected = until(lambda: process_tree.descendants(child.pid), "the grandchild")
        monkeypatch.setattr(os.path, "exists", lambda path: False)
        assert process_tree.descendants(child.pid) == expected
    finally:
        kill_all([*expected, child.pid])
        child.wait()


def test_descendants_without_those_to_be_spared() -> None:
    spared, other = (subprocess.Popen(["sh", "-c", "sleep 60 & wait"]) for _ in range(2))
    try:
        [grandchild] = until(lambda: process_tree.descendants(other.pid), "a grandchild")
        until(lambda: process_tree.descendants(spared.pid), "a grandchild to be spared")
        found = process_tree.descendants(os.getpid(), lambda: {spared.pid})
        assert {other.pid, grandchild} <= set(found)
        assert not {spared.pid, *process_tree.descendants(spared.pid)} & set(found)
    finally:
        for child in (spared, other):
            kill_all([*process_tree.descendants(child.pid), child.pid])
            child.wait()


@pytest.mark.parametrize("linux", [True, False])
def test_is_descendant(linux: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_tree, "LINUX", linux)
    child = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
    try:
        [grandchild] = until(lambda: process_tree.descendants(child.pid), "the grandchild")
        assert process_tree.is_descendant(grandchild, os.getpid())
        assert process_tree.is_descendant(grandchild, child.pid)
        assert not process_tree.is_descendant(child.pid, grandchild)
        assert not process_tree.is_descendant(child.pid, child.pid)
        assert not process_tree.is_descendant(0, child.pid)
    finally:
        kill_all([*process_tree.descendants(child.pid), child.pid])
    if linux:
        until(lambda: state(child.pid) == "Z", "its end")
        assert process_tree.is_descendant(child.pid, os.getpid()), "a zombie still is"
    child.wait()
    assert not process_tree.is_descendant(child.pid, os.getpid())


def test_sender_of_the_program() -> None:
    child = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
    try:
        [grandchild] = until(lambda: process_tree.descendants(child.pid), "the grandchild")
        assert process_tree.sent_by_program(grandchild, child.pid, lambda _: False)
        assert not process_tree.sent_by_program(os.getpid(), child.pid, lambda _: False)
        assert process_tree.sent_by_program(os.getpid(), child.pid, lambda pid: pid == os.getpid()), "it has ended"
        assert not process_tree.sent_by_program(0, child.pid, lambda _: True), "the kernel"
    finally:
        kill_all([*process_tree.descendants(child.pid), child.pid])
        child.wait()


@pytest.mark.parametrize("linux", [True, False])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-c", "from multiprocessing.resource_tracker import main;main(5)"], True),
        (["-B", "-E", "-c", "from multiprocessing.semaphore_tracker import main;main(4)"], True),
        (["-c", "from joblib.externals.loky.backend.resource_tracker import main; main(7, False)"], True),
        (["-c", "from multiprocessing.forkserver import main; main(3, 4)"], False),
        (["resource_tracker.py"], False),
    ],
)
def test_trackers(arguments: list[str], expected: bool, linux: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_tree, "LINUX", linux)
    child = subprocess.Popen(
        ["sh", "-c", "echo up; read line", "python", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    assert process_tree.is_tracker(child.pid) == expected
    child.communicate(b"\n")
    assert not process_tree.is_tracker(child.pid), "it is gone"


def test_tracker_of_multiprocessing() -> None:
    """What this Python itself starts, so that a change of its words is noticed."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()
    pid = resource_tracker._resource_tracker._pid  # type: ignore[attr-defined]
    until(lambda: process_tree.is_tracker(pid), "the tracker")
