"""Findings say what a run showed, and nothing else."""

from __future__ import annotations

import signal

import pytest

from rocketgui import messages
from rocketgui.model.findings import Finding, findings
from rocketgui.model.session import Session
from tests.model.builder import MS, Story


def found(story: Story) -> dict[str, Finding]:
    return {finding.id: finding for finding in findings(story.session)}


def test_nothing_is_said_of_nothing() -> None:
    assert findings(Session()) == []
    assert found(Story()) == {}


def test_isolation_is_said_with_values_and_pids() -> None:
    story = Story()
    story.count(500, p1=0, p2=28_412_117, p3=7)
    finding = found(story)["isolation"]
    assert finding.figures == {"parent_pid": 100, "parent": 0, "children": {"101": 28_412_117, "102": 7}}
    assert "28,412,117 in func1 (pid 101)" in finding.text
    assert "parent (pid 100) it is still 0" in finding.text


def test_isolation_is_not_said_when_the_parent_counted_or_is_not_known() -> None:
    story = Story()
    story.count(500, p2=5)
    assert "isolation" not in found(story)
    story.count(600, p1=0)
    assert "isolation" in found(story)
    story.count(700, p1=1)
    assert "isolation" not in found(story)


def test_overlap_of_two_that_ended() -> None:
    story = Story()
    story.leave(2, 1_000)
    story.leave(3, 1_100)
    story.end(1_200)
    # Entered at 100 and 110 ms, left at 1000 and 1100: 890 of 1000 ms.
    assert found(story)["overlap"].figures == {"percent": 89.0, "processes": 2, "together_s": 0.89}
    assert found(story)["overlap"].text.startswith("Both processes ran at once. They overlapped for 89 %")


def test_overlap_of_running_ones_is_up_to_now() -> None:
    story = Story(3)
    story.tell(1_120)
    finding = found(story)["overlap"]
    assert finding.figures["percent"] == 98.0
    assert finding.text.startswith("All 3 processes run at once.")


def test_no_overlap_is_said_as_such() -> None:
    story = Story()
    story.tell(1, messages.Moment(3, "target_entered", 2_000 * MS))
    story.leave(2, 1_000)
    story.leave(3, 3_000)
    story.end(3_100)
    assert found(story)["overlap"].text == "At no moment did all 2 processes run at once."


def test_overlap_waits_until_all_have_begun() -> None:
    story = Story()
    story.tell(1_000, messages.ProcessSeen(9, 1, 109, "process", "late", True))
    assert "overlap" not in found(story)


def test_more_workers_than_cores_share_them() -> None:
    story = Story(4, cores=2)
    story.tell(1_100)
    story.load(1_100, story.workers, 0.5, 100)
    finding = found(story)["oversubscription"]
    assert finding.text.startswith("4 processes share 2 cores. Each gets 5")
    assert 50 <= finding.figures["share_percent"] <= 55
    assert "oversubscription" not in found(Story(2, cores=2))


def test_who_died_and_of_what_comes_first() -> None:
    story = Story(3)
    story.tell(
        900,
        messages.Moment(2, "exited", 900 * MS),
        messages.Ended(2, None, signal.SIGKILL, False),
        messages.Failed(3, "ValueError: no fuel"),
        messages.Ended(3, 1, None, False),
    )
    story.count(950, p1=0, p4=3)
    first, second = findings(story.session)[:2]
    assert first.text == "func1 (pid 101) was killed by SIGKILL after 820 ms. 1 other still runs."
    assert second.text == "func2 (pid 102) failed. ValueError: no fuel"


def test_nothing_is_said_to_run_or_to_get_a_share_while_paused() -> None:
    story = Story(4, cores=2)
    story.tell(900, messages.Ended(2, None, signal.SIGKILL, False))
    story.load(1_100, story.workers, 0.5, 100)
    story.tell(1_100)
    story.count(1_110, p1=0)
    assert "3 others still run" in found(story)["killed"].text
    assert "oversubscription" in found(story)
    story.tell(1_200, messages.Controls(4, 10_000_000, True))
    assert found(story)["killed"].text == "func1 (pid 101) was killed by SIGKILL."
    assert "oversubscription" not in found(story)


@pytest.mark.parametrize("resumed", [True, False])
def test_a_pause_takes_nothing_from_a_share(resumed: bool) -> None:
    story = Story(4, cores=2)
    story.tell(1_100)
    story.load(1_100, story.workers, 0.5, 100)
    before = found(story)["oversubscription"].figures["share_percent"]
    story.tell(1_100, messages.Controls(4, 10_000_000, True))
    story.tell(61_100)
    if resumed:
        story.tell(61_100, messages.Controls(4, 10_000_000, False))
    else:
        story.end(61_100, "stopped", None)
    assert found(story)["oversubscription"].figures["share_percent"] == pytest.approx(before)


def test_many_deaths_are_counted() -> None:
    story = Story(9)
    for number in story.workers:
        story.tell(900, messages.Ended(number, None, signal.SIGTERM, False))
    ids = [finding.id for finding in findings(story.session)]
    assert ids.count("killed") == 3
    assert found(story)["killed_more"].figures == {"killed": 9}


def test_what_the_user_stopped_did_not_die() -> None:
    story = Story()
    for number in story.workers:
        story.tell(900, messages.Ended(number, None, signal.SIGKILL, True))
    story.end(900, "stopped", None)
    assert "killed" not in found(story)
    assert found(story)["stopped"].text == "You stopped the run after 900 ms."


def test_how_many_did_not_start_and_why() -> None:
    story = Story(2)
    for number in range(3):
        story.tell(100, messages.StartFailed(1, f"func{number + 3}", 100 * MS, "Resource temporarily unavailable"))
    finding = found(story)["start_failed"]
    assert finding.text == "3 of 5 processes did not start. The system refused: Resource temporarily unavailable"
    story.tell(110, messages.Refused(60, 58))
    assert found(story)["start_failed"].figures == {
        "failed": 58,
        "wanted": 60,
        "reasons": ["Resource temporarily unavailable"],
    }


def test_losses_are_said() -> None:
    story = Story()
    story.tell(100, messages.Losses(1_234, 0, 1, 0))
    assert found(story)["losses"].text == (
        "Not everything was seen. Lost: 1,234 samples dropped, 1 processes that never reported."
    )
