"""The model: the run of now, and what begins another one."""

from __future__ import annotations

from rocketgui.model.model import Model
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame
from tests.model.builder import MS, Story


def test_before_a_launch_only_cores_are_known() -> None:
    model = Model()
    model.apply_frame(Frame(5 * MS, (messages.CoreLoad(5 * MS, (1.0, 3.0)),)))
    run = model.run
    assert run.program is None
    assert not run.is_live
    assert run.core_means() == [1.0, 3.0]


def test_a_launch_begins_a_new_session() -> None:
    story = Story()
    before = story.run
    story.model.apply_frame(Frame(9_000 * MS, (_program(story),)))
    assert story.run is not before
    assert story.run.processes == {}
    assert story.run.t_ns == 0


def _program(story: Story) -> messages.RunStarted:
    program = story.run.program
    assert program is not None
    return program


def test_another_collector_begins_the_idle_cores_anew() -> None:
    model = Model()
    for t_ns in (5 * MS, 6 * MS, 1 * MS):
        model.apply_frame(Frame(t_ns, (messages.CoreLoad(t_ns, (1.0,)),)))
    assert model.run.cores[0].total == 1
