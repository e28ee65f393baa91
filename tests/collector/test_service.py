"""The sender of frames: it never waits, and counts what it drops."""

from __future__ import annotations

import queue
from typing import Any

from rocketgui.collector.service import MOST_WAITING, Sender
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame


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
