"""Whose variable it is, and what becomes of one that is shared."""

from __future__ import annotations

import sys

import pytest

from rocketgui.protocol import messages
from tests.model.builder import Story
from tests.model.findings.stories import found, shared


def test_isolation_is_said_with_values_and_pids() -> None:
    story = Story()
    story.count(500, p1=0, p2=28_412_117, p3=7)
    finding = found(story)["isolation"]
    assert finding.figures == {"parent_pid": 100, "parent": 0, "children": {"101": 28_412_117, "102": 7}}


def test_isolation_is_not_said_when_the_parent_counted_or_is_not_known() -> None:
    story = Story()
    story.count(500, p2=5)
    assert "isolation" not in found(story)
    story.count(600, p1=0)
    assert "isolation" in found(story)
    story.count(700, p1=1)
    assert "isolation" not in found(story)


def test_lost_updates() -> None:
    finding = found(shared("unlocked", 1_400))["lost_updates"]
    assert finding.figures == {"attempts": 2_000, "value": 1_400, "lost": 600, "locked": False}
    assert "isolation" not in found(shared("unlocked", 0))


def test_no_update_was_lost() -> None:
    exact, lucky = found(shared("locked", 2_000)), found(shared("unlocked", 2_000))
    assert "exact" in exact
    assert "none_lost" in lucky
    arrived = {"attempts": 2_000, "value": 2_000, "lost": 0}
    assert exact["exact"].figures == {**arrived, "locked": True}
    assert lucky["none_lost"].figures == {**arrived, "locked": False}
    in_turn = found(shared("unlocked", 2_000, step_ms=1_000))["none_lost"]
    assert in_turn.figures == {**arrived, "locked": False}
    assert "lost_updates" not in exact | lucky
    assert "exact" not in lucky


def test_updates_of_workers_that_were_killed_are_not_judged() -> None:
    story = Story(variable="locked")
    story.sample(300, 2, "attempts", 10)
    story.sample(300, 3, "attempts", 10)
    story.sample(300, 1, "rocket", 15)
    story.tell(400, messages.Ended(2, None, 9, False))
    story.leave(3, 500)
    story.end(600)
    assert not {"exact", "lost_updates", "none_lost"} & set(found(story))


def test_far_limit() -> None:
    story = Story(1)
    story.tell(0, messages.ControlState(1, sys.maxsize, False))
    for place in range(10):
        story.count(500 + 100 * place, p2=590_000 * place)
    story.tell(1_400)
    finding = found(story)["far_limit"]
    assert finding.figures["counts_per_s"] == pytest.approx(5_900_000)
    assert finding.figures["limit"] == sys.maxsize
    assert finding.figures["seconds"] == pytest.approx(sys.maxsize / 5_900_000)
    story.tell(1_400, messages.ControlState(1, 10**9, False))
    assert "far_limit" not in found(story)
