"""Who waits for whom, where nobody will come."""

from __future__ import annotations

import signal

import pytest

from rocketgui.protocol import messages
from tests.model.builder import MS
from tests.model.findings.stories import found, pool


@pytest.mark.parametrize("number", [signal.SIGKILL, None])
@pytest.mark.parametrize(("waits_ms", "died_ms"), [(200, 3_000), (3_000, 200)])
def test_a_worker_of_a_pool_that_died(waits_ms: int, died_ms: int, number: int | None) -> None:
    story = pool(waits_ms, died_ms, number)
    story.tell(3_900)
    assert "pool_worker_died" not in found(story)
    story.tell(4_100)
    assert "pool_worker_died" in found(story)
    story.tell(4_200, messages.LifecycleEvent(1, "exited", 4_200 * MS), messages.Ended(1, None, signal.SIGINT, True))
    story.tell(4_200, messages.RunEnded(4_200 * MS, "stopped", None))
    assert "pool_worker_died" in found(story)
    story.tell(4_200, messages.Terminated(2, 150 * MS, signal.SIGKILL))
    assert ("pool_worker_died" in found(story)) == (number is None)


@pytest.mark.parametrize("woken", [False, True])
def test_a_worker_of_a_pool_that_ended_with_the_run(woken: bool) -> None:
    """Ctrl-C ends the wait, and then the pool its workers."""
    story = pool(200, 5_020, signal.SIGTERM)
    if woken:
        story.tell(5_050, messages.Activity(1, 5_010 * MS, "join", "", 0, "", ""))
    story.tell(5_100, messages.LifecycleEvent(1, "exited", 5_100 * MS), messages.Ended(1, 1, None, True))
    story.tell(5_100, messages.RunEnded(5_100 * MS, "stopped", 1))
    assert "pool_worker_died" not in found(story)
