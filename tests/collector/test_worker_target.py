"""How many workers are to be started, and which end early."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rocketgui.collector.worker_target import WorkerTarget


def test_target_grows_and_shrinks() -> None:
    target = WorkerTarget(2)
    assert target.resize(5, [1, 2], [1, 2]) == []
    assert (target.workers, target.to_launch) == (5, 5)
    started = [1, 2, 3, 4, 5]
    assert target.resize(1, started, started) == [5, 4, 3, 2]
    assert (target.workers, target.to_launch) == (1, 5)
    assert target.resize(3, started, [1]) == []
    assert (target.workers, target.to_launch) == (3, 7)


def test_target_takes_back_what_has_not_started() -> None:
    target = WorkerTarget(8)
    assert target.resize(4, [1, 2], [1, 2]) == []
    assert target.to_launch == 4
    assert target.resize(1, [1, 2], [1, 2]) == [2]


def test_target_accepts_that_the_system_refuses() -> None:
    target = WorkerTarget(8)
    target.refused(5)
    assert target.workers == 5


def test_target_ends_what_was_started_before_fewer_were_wanted() -> None:
    """The program runs ahead of what is known of it."""
    target = WorkerTarget(64)
    known, in_truth = list(range(10)), list(range(16))
    dismissed = target.resize(4, known, known)
    dismissed += target.overtaken(in_truth, in_truth)
    assert sorted(dismissed) == list(range(4, 16))
    assert (target.workers, target.to_launch) == (4, 16)
    assert target.overtaken(in_truth, in_truth) == []
    target.resize(5, in_truth, in_truth[:4])
    assert target.to_launch == 17


def test_a_program_that_decides_itself_how_many_it_has() -> None:
    """It was launched with no number of workers, and each that it starts is meant to be."""
    target = WorkerTarget(0)
    assert target.overtaken([1, 2], [1, 2]) == []
    assert target.to_launch == 0


@given(wishes=st.lists(st.integers(1, 20), max_size=20), data=st.data())
def test_target_always_has_what_was_asked_for(wishes: list[int], data: st.DataObject) -> None:
    target = WorkerTarget(3)
    dismissed: set[int] = set()
    for wish in wishes:
        started = list(range(data.draw(st.integers(len(dismissed), target.to_launch))))
        started = sorted({*started, *dismissed})
        ended = target.resize(wish, started, started)
        assert not dismissed & set(ended)
        assert ended == sorted(ended, reverse=True)
        dismissed.update(ended)
        assert target.workers == wish
        assert target.to_launch >= len(started) or wish >= 1
