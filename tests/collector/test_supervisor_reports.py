"""What the supervisor reports, as its readers find it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rocketgui.collector.supervisor_reports import SupervisorReports

STARTED, ENDED = b'{"event": "started", "pid": 77}\n', b'{"event": "ended", "code": 0}\n'


@pytest.fixture
def written(tmp_path: Path) -> Iterator[tuple[int, Callable[[bytes], None]]]:
    """A descriptor of the file, and what adds to it."""
    path = tmp_path / "reports"
    path.touch()
    descriptor = os.open(path, os.O_RDONLY)

    def write(more: bytes) -> None:
        with path.open("ab") as file:
            file.write(more)

    yield descriptor, write
    os.close(descriptor)


def test_each_line_is_read_once_and_whole(written: tuple[int, Callable[[bytes], None]]) -> None:
    descriptor, write = written
    reports = SupervisorReports(descriptor)
    assert (reports.new(), reports.root) == ([], None)
    write(STARTED + ENDED[:9])
    assert [report["event"] for report in reports.new()] == ["started"]
    assert (reports.root, reports.read_to) == (77, len(STARTED))
    assert reports.new() == []
    write(ENDED[9:])
    assert [report["event"] for report in reports.new()] == ["ended"]


def test_another_reader_goes_on_where_one_was(written: tuple[int, Callable[[bytes], None]]) -> None:
    descriptor, write = written
    write(STARTED + ENDED)
    assert [report["event"] for report in SupervisorReports(descriptor, len(STARTED)).new()] == ["ended"]
    assert [report["event"] for report in SupervisorReports(descriptor).new()] == ["started", "ended"]


def test_what_is_no_report_is_passed_over(written: tuple[int, Callable[[bytes], None]]) -> None:
    """A line is torn where the supervisor was killed, and another one goes on behind it."""
    descriptor, write = written
    write(STARTED[:12] + b"\n[1]\n\n" + b'{"event": "started", "pid": "x"}\n' + ENDED)
    reports = SupervisorReports(descriptor)
    assert [report["event"] for report in reports.new()] == ["started", "ended"]
    assert reports.root is None
