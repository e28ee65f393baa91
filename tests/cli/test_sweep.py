"""`rocketgui sweep` without a window."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import run
from tests.helpers import Cli, mark, nothing_is_left, read_report

__all__ = ["mark"]


@pytest.mark.slow
@pytest.mark.alone
def test_one_to_three(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    with Cli(mark, "sweep", "--headless", "--workers", "1-3", "--seconds", "0.5", "--report", str(path)) as cli:
        assert cli.finish() == 0, cli.stderr
    nothing_is_left(mark)
    report = read_report(path)
    assert [point["workers"] for point in report["points"]] == [1, 2, 3]
    assert all(point["counts_per_s"] > 100_000 for point in report["points"])
    assert report["points"][0]["speed_up"] == 1
    lines = cli.stdout.splitlines()
    assert len(lines) == 5
    assert lines[-1] == report["findings"][0]["text"]
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--workers", "4-1"], "type the lower one first"),
        (["--workers", "4"], "such as 1-8"),
        (["--workers", "0-2"], "There can be 1 to 256 workers."),
        (["--seconds", "0"], "0.1 to 3600"),
        (["--seconds", "soon"], "is not a number"),
    ],
)
def test_typed_wrongly(words: list[str], says: str) -> None:
    done = run("sweep", "--headless", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
