"""What it costs to start a process or a thread."""

from __future__ import annotations

from rocketgui.protocol import messages
from tests.model.builder import MS, Story
from tests.model.findings.stories import counting, found, numbers


def test_start_up_names_other_methods_if_they_were_measured() -> None:
    story = counting(Story(2), counts=10)
    figures = found(story)["start_up"].figures
    assert [found(Story(workers))["start_up"].figures["median_ms"] for workers in (1, 2, 3)] == [60.0, 65.0, 70.0]
    assert figures == {"how": "spawn", "median_ms": 160.0, "before_ms": {}}
    story.end(1_300)
    story.again(2, start_method="fork")
    assert found(story)["start_up"].figures == {"how": "fork", "median_ms": 65.0, "before_ms": {"spawn": 160.0}}


def test_start_order() -> None:
    story = Story(2)
    assert "start_order" not in found(story)
    story.tell(
        150, messages.LifecycleEvent(2, "start_called", 39 * MS), messages.LifecycleEvent(2, "target_entered", 140 * MS)
    )
    assert found(story)["start_order"].figures == {"calls": ["func1", "func2"], "first_lines": ["func2", "func1"]}
    many = Story(8)
    many.tell(
        150, messages.LifecycleEvent(2, "start_called", 39 * MS), messages.LifecycleEvent(2, "target_entered", 340 * MS)
    )
    calls = [f"func{number}" for number in range(1, 9)]
    assert found(many)["start_order"].figures == {"calls": calls, "first_lines": [*calls[1:], calls[0]]}
    assert numbers(found(many)["start_order"]) == ["8", "8"]
