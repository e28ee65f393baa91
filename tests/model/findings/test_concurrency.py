"""What ran at once, and what came of it.

Also tests rocketgui.model.previous_run.
"""

from __future__ import annotations

from rocketgui.protocol import messages
from tests.model.builder import MS, Story
from tests.model.findings.stories import counting, found, printed


def test_overlap_of_two_that_ended() -> None:
    story = Story()
    story.leave(2, 1_000)
    story.leave(3, 1_100)
    story.end(1_200)
    # Entered at 100 and 110 ms, left at 1000 and 1100: 890 of 1000 ms.
    assert found(story)["overlap"].figures == {"percent": 89.0, "processes": 2, "together_s": 0.89}


def test_overlap_of_running_ones_is_up_to_now() -> None:
    story = Story(3)
    story.tell(1_120)
    finding = found(story)["overlap"]
    assert finding.figures["percent"] == 98.0
    assert finding.figures["processes"] == 3


def test_no_overlap_is_said_as_such() -> None:
    story = Story()
    story.tell(1, messages.LifecycleEvent(3, "target_entered", 2_000 * MS))
    story.leave(2, 1_000)
    story.leave(3, 3_000)
    story.end(3_100)
    assert found(story)["overlap"].figures == {"percent": 0, "processes": 2, "together_s": 0}


def test_overlap_waits_until_all_have_begun() -> None:
    story = Story()
    story.tell(1_000, messages.ProcessSeen(9, 1, 109, "process", "late", True))
    assert "overlap" not in found(story)


def test_an_overlap_that_is_nearly_none() -> None:
    story = Story(7)
    story.tell(1, messages.LifecycleEvent(8, "target_entered", 9_995 * MS))
    for number in story.workers:
        story.leave(number, 10_000)
    story.end(10_100)
    # 5 of 9,900 ms: one decimal is kept.
    assert found(story)["overlap"].figures == {"percent": 0.1, "processes": 7, "together_s": 0.005}


def test_one_after_another() -> None:
    """Three workers on two cores, of which never two run at once, are not too many."""
    story = counting(Story(3, run_as="one-after-another"), counts=10, seconds=1, step_ms=1_000)
    story.end(3_300)
    assert found(story)["overlap"].figures["percent"] == 0
    assert "oversubscription" not in found(story)


def test_speed_up_is_measured_against_one_worker() -> None:
    story = counting(Story(1), counts=1_000_000, seconds=1)
    story.end(1_300)
    assert "speed_up" not in found(story)
    counting(story.again(2), counts=1_000_000, seconds=1)
    story.end(1_300)
    assert found(story)["speed_up"].figures == {
        "speed_up": 2.0, "workers": 2, "counts_per_s": 2_000_000, "alone_per_s": 1_000_000,
    }  # fmt: skip
    counting(story.again(1), counts=100_000, seconds=1, cpu_s=0.1)  # other programs had the cores
    story.end(1_300)
    counting(story.again(2), counts=1_000_000, seconds=1)
    story.end(1_300)
    assert found(story)["speed_up"].figures["alone_per_s"] == 1_000_000
    counting(story.again(2, work="sleep"), counts=500, seconds=1)
    assert "speed_up" not in found(story), "what was measured was another work"


def test_interleaved() -> None:
    mixed = printed((2, "start"), (3, "start"), (2, "end"), (3, "end"))
    assert found(mixed)["interleaved"].figures == {"workers": 2}
    in_turn = printed((2, "start"), (2, "end"), (3, "start"), (3, "end"))
    assert "interleaved" not in found(in_turn)
    assert "interleaved" not in found(printed((2, "start"), (3, "start")))
