"""The one way by which messages leave: in order, and none of several where one makes no sense."""

from __future__ import annotations

import pytest

from rocketgui.collector.emitter import Emitter
from rocketgui.protocol import messages

BEGAN = messages.LifecycleEvent(1, "began", 5)


def test_messages_are_taken_once_and_in_order() -> None:
    emitter = Emitter()
    emitter.emit(BEGAN)
    emitter.emit_all([messages.Notice("a"), messages.Notice("b")])
    assert emitter.take() == (BEGAN, messages.Notice("a"), messages.Notice("b"))
    assert emitter.take() == ()


def test_times_are_told_from_the_launch_on() -> None:
    assert Emitter(100).run_time(130) == 30
    assert Emitter(100).run_time(90) == -10


def test_what_makes_no_sense_takes_back_what_came_with_it() -> None:
    emitter = Emitter()
    emitter.emit(BEGAN)
    with emitter.checked():
        emitter.emit(messages.Terminated(1, 7, 9))
    with pytest.raises(messages.BadMessage), emitter.checked():
        emitter.emit_all([messages.LifecycleEvent(1, "exited", 8), messages.Terminated(1, 7, 5_000)])
    assert emitter.take() == (BEGAN, messages.Terminated(1, 7, 9))
