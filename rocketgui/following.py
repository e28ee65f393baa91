"""Follows a run without a window, in this process: the same collector, and the same model."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rocketgui.collector.launching import Started
from rocketgui.launch import Launch

if TYPE_CHECKING:
    from rocketgui.collector.collector import Collector
    from rocketgui.messages import Frame
    from rocketgui.model.session import Model

NS = 1_000_000_000


def launch(command: Launch, before: Model | None = None) -> tuple[Collector, Model]:
    """Launch a program; return the collector that observes it, and the model: that of the run before, which knows what
    was seen then, or one without anything in it yet."""
    # The program starts while what observes it is loaded, which takes longer: psutil, then numpy for the model.
    try:
        started = Started(command)
    except OSError:
        started = None
    collector: Collector = importlib.import_module("rocketgui.collector.collector").Collector()
    if started is None:
        collector.obey(command)  # it says why it cannot be launched
    else:
        collector.follow(started)
    return collector, before or importlib.import_module("rocketgui.model.session").Model()


def frames(collector: Collector, model: Model, before: Callable[[], None]) -> Iterator[Frame]:
    """Every frame until the run has ended, at the collector's pace, once the model has taken it in. `before` is called
    before each tick."""
    deadline = time.monotonic_ns()
    following = True
    while following:
        before()
        following = collector.running
        frame = collector.tick()
        model.apply_frame(frame)
        yield frame
        if following:
            deadline = max(deadline + collector.period_ns, time.monotonic_ns())
            time.sleep(max(0, deadline - time.monotonic_ns()) / NS)
