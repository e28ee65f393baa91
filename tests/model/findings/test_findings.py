"""Which findings there are, and in which order."""

from __future__ import annotations

import signal

from rocketgui.model.findings import findings
from rocketgui.model.run import Run
from rocketgui.protocol import messages
from tests.model.builder import Story
from tests.model.findings.stories import found


def test_nothing_is_said_of_nothing() -> None:
    assert findings(Run()) == []
    assert found(Story(0)) == {}


def test_what_a_lesson_promises_comes_first_but_for_what_went_wrong() -> None:
    story = Story(3)
    story.count(500, p1=0, p2=28, p3=7)
    ids = [finding.id for finding in findings(story.run)]
    assert (ids[0], ids[-1]) == ("overlap", "start_up")
    assert [f.id for f in findings(story.run, first=("start_up",))] == ["start_up", *ids[:-1]]
    story.tell(900, messages.Ended(2, None, signal.SIGKILL, False))
    assert [f.id for f in findings(story.run, first=("start_up",))][:2] == ["killed", "start_up"]
