"""Runs of which there is something to find."""

from __future__ import annotations

import re

from rocketgui.model.findings import Finding, findings
from rocketgui.protocol import messages
from tests.model.builder import MS, Story


def found(story: Story) -> dict[str, Finding]:
    """What is found in a run by now, by its id; the last one where there are several."""
    return {finding.id: finding for finding in findings(story.run)}


def numbers(finding: Finding) -> list[str]:
    """The numbers in its sentence, but for those of names such as func1."""
    return re.findall(r"(?<![\w,.])\d[\d,.]*(?<=\d)", finding.text)


def pool(waits_ms: int, died_ms: int, number: int | None) -> Story:
    """A worker of a pool ends, by a signal or with exit code 5; its parent waits for a result from `waits_ms` on."""
    story = Story(1, run_as="", work="")
    story.tell(85, messages.ProcessSeen(2, 1, 101, "process", "ForkPoolWorker-1", True))
    story.tell(waits_ms, messages.Activity(1, waits_ms * MS, "queue", "", 19, "main.py", "<module>"))
    code = 5 if number is None else None
    story.tell(died_ms, messages.LifecycleEvent(2, "exited", died_ms * MS), messages.Ended(2, code, number, False))
    return story


def counting(
    story: Story, *, counts: int, seconds: float = 1.0, cpu_s: float = 1.0, name: str = "rocket", step_ms: float = 0
) -> Story:
    """All workers count up to `counts`, one after another if `step_ms` is their length, and leave after `seconds`."""
    for place, number in enumerate(story.workers):
        begins = 200 + place * step_ms
        ends = begins + 1000 * seconds
        story.tell(begins, messages.LifecycleEvent(number, "target_entered", round(begins * MS)))
        story.sample(begins, number, name, 0)
        story.sample(ends, number, name, counts)
        story.load(ends, (number,), cpu_s, 3)
        story.leave(number, ends)
    return story


def cores_at(story: Story, *percent: float) -> Story:
    """The load of each core of the machine, all through the run."""
    story.tell(600, messages.CoreLoad(600 * MS, percent))
    return story


def seen(story: Story, what: str) -> Story:
    """All workers are seen to do that, from the first moment on."""
    for number in story.workers:
        story.tell(200, messages.Activity(number, 100 * MS, what, "", 0, "", ""))
    return story


def threads(workers: int = 2, cores: int = 2, work: str = "count") -> Story:
    """Workers that are threads."""
    story = Story(workers, cores, run_as="threads", work=work)
    for number in story.workers:
        story.tell(60, messages.ProcessSeen(number, 1, 100, "thread", f"func{number - 1}", True))
    return story


def shared(variable: str, value: int, attempts: int = 1_000, step_ms: float = 0) -> Story:
    """Two workers make so many attempts each at one variable, which ends at `value`."""
    story = counting(Story(variable=variable), counts=attempts, name="attempts", step_ms=step_ms)
    story.sample(1_500, 1, "rocket", value)
    story.end(1_600)
    return story


def printed(*lines: tuple[int, str]) -> Story:
    """Two workers, 2 and 3, print these lines one after another, and leave."""
    story = Story()
    for place, (number, text) in enumerate(lines):
        story.tell(300 + place, messages.Output(number, (300 + place) * MS, "stdout", text))
    story.leave(2, 900)
    story.leave(3, 900)
    return story
