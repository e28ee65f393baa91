"""What a sweep shows: speed-up, efficiency, and the number of workers beyond which more bring nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.model.sweep import Measurement, Point, Sweep, numbers
from tests.model.builder import Story


def sweep(*rates: float, cores: int = 2) -> Sweep:
    return Sweep(cores, [Point(workers, rate) for workers, rate in enumerate(rates, 1)])


def test_knee_at_the_cores() -> None:
    measured = sweep(10.0, 19.0, 19.5, 18.0)
    assert [round(measured.speed_up(point), 2) for point in measured.points] == [1.0, 1.9, 1.95, 1.8]
    assert [round(measured.efficiency(point), 2) for point in measured.points] == [1.0, 0.95, 0.65, 0.45]
    finding = measured.finding()
    assert finding is not None
    assert finding.figures == {"knee": 2, "cores": 2, "speed_up": 1.9}


def test_no_gain() -> None:
    finding = sweep(10.0, 9.9, 10.1).finding()
    assert finding is not None
    assert finding.figures == {"knee": 1, "cores": 2, "speed_up": 1.0}


def test_gain_without_end() -> None:
    finding = sweep(10.0, 20.0, 30.0, cores=8).finding()
    assert finding is not None
    assert finding.figures == {"knee": 3, "cores": 8, "speed_up": 3.0}


def test_nothing_is_said_of_one_point() -> None:
    assert sweep(10.0).finding() is None
    assert sweep().knee() is None


def test_one_is_measured_first_whatever_is_wanted() -> None:
    assert numbers(1, 3) == [1, 2, 3]
    assert numbers(3, 5) == [1, 3, 4, 5]
    measured = Sweep(4, [Point(1, 10.0), Point(3, 20.0)])
    assert [measured.speed_up(point) for point in measured.points] == [1.0, 2.0]


@given(st.lists(st.floats(1e-3, 1e12), min_size=2, max_size=40))
def test_knee_is_one_that_was_measured(rates: list[float]) -> None:
    measured = sweep(*rates)
    assert measured.knee() in range(1, len(rates) + 1)
    assert measured.speed_up(measured.points[0]) == pytest.approx(1.0)


def test_measured_from_when_all_count() -> None:
    story = Story(2)
    measurement = Measurement(2, 0.5)
    story.count(100, p2=1_000)
    assert measurement.point(story.run) is None
    story.count(200, p2=2_000, p3=500)
    assert measurement.point(story.run) is None  # here it begins
    story.count(600, p2=6_000, p3=4_500)
    assert measurement.point(story.run) is None
    story.count(800, p2=8_000, p3=6_500)
    point = measurement.point(story.run)
    assert point is not None
    assert (point.workers, round(point.counts_per_s)) == (2, 20_000)


def test_report() -> None:
    story = Story(2)
    told = sweep(10.0, 19.0).report(story.run, 2.0)
    assert told["version"] == 1
    assert told["points"][1] == {"workers": 2, "counts_per_s": 19.0, "speed_up": 1.9, "efficiency": 0.95}
    assert told["knee"] == 2
    assert told["program"]["run_as"] == "processes"
    assert told["findings"][0]["id"] == "sweep"
