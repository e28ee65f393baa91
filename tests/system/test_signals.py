"""Who sent a signal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.helpers import Lines, environment

SCRIPT = r"""
import os, signal, subprocess, sys, threading
from rocketgui.system.signals import SignalReader, TO_GROUPS

signal.signal(signal.SIGHUP, signal.SIG_IGN)
reader = SignalReader(TO_GROUPS, lambda number, sender: os.write(
    1, f"{number} {sender} {threading.current_thread() is threading.main_thread()}\n".encode()))
show = [sys.executable, "-c", "print([l for l in open('/proc/self/status') if l[:6] in ('SigBlk', 'SigIgn')])"]
before = subprocess.run(show, capture_output=True).stdout
print(os.getpid(), flush=True)
for line in sys.stdin:
    if line == "read\n":
        reader.read()
    elif line == "self\n":
        os.kill(os.getpid(), signal.SIGTERM)
    elif line == "close\n":
        reader.close()
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert threading.active_count() == 1
        assert subprocess.run(show, capture_output=True).stdout == before
    print("done", flush=True)
"""


class Reader:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._lines = Lines(self.process)
        assert int(self.line()) == self.process.pid

    def line(self) -> str:
        return self._lines.next().rstrip("\n")

    def do(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.process.kill()
    reader.process.communicate()


@pytest.mark.parametrize("number", [1, 2, 3, 15])
def test_sender_is_told(number: int, reader: Reader) -> None:
    """That SIGHUP was ignored does not keep it from being told of."""
    reader.do("read")
    assert reader.line() == "done"
    reader.process.send_signal(number)
    assert reader.line() == f"{number} {os.getpid()} False"


def test_before_it_reads(reader: Reader) -> None:
    reader.process.send_signal(15)
    assert reader.line() == "15 0 True"


def test_its_own_signal_is_one_like_others(reader: Reader) -> None:
    reader.do("read")
    assert reader.line() == "done"
    reader.do("self")
    assert sorted([reader.line(), reader.line()]) == sorted([f"15 {reader.process.pid} False", "done"])


@pytest.mark.parametrize("words", [["close"], ["read", "close"]])
def test_close_leaves_all_as_it_was(words: list[str], reader: Reader) -> None:
    for word in words:
        reader.do(word)
        assert reader.line() == "done"
    reader.process.send_signal(1)  # ignored
    reader.process.send_signal(15)
    assert reader.process.wait(20) == -15
