"""Each combination of what workers are, do and count, run without a window: what is said of it, and what is not."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import pytest

from rocketgui.options import pin_refusal
from rocketgui.protocol.variant import RUN_AS, VARIABLE, WORK, Variant
from tests.cli.test_headless import no_losses
from tests.helpers import Cli, Python, mark, nothing_is_left, pythons, read_report, root_of, workers_of

__all__ = ["mark"]

#: Enough counts that a run takes a second or so, and that findings that wait for it are made.
COUNTS = {"private": 6_000_000, "unlocked": 5_000_000, "locked": 60_000}
NAPS = 600


def seen(mark: str, tmp_path: Path, *words: str) -> dict[str, Any]:
    path = tmp_path / "r.json"
    with Cli(mark, "--headless", "--report", str(path), *words) as cli:
        assert cli.finish() == 0, cli.stderr
    report = read_report(path)
    assert sorted(cli.stdout.splitlines()) == sorted(line["text"] for line in report["output"])
    no_losses(report)
    nothing_is_left(mark)
    return report


def found(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["id"]: finding["figures"] for finding in report["findings"]}


#: The newest: it can run all that there is.
NEWEST = pythons()[-1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run_as", "work", "variable"),
    [
        # Who counts needs a machine that does nothing else, to be judged; who sleeps does not.
        pytest.param(*choice, marks=[pytest.mark.alone] if "count" in choice else [])
        for choice in itertools.product(RUN_AS, WORK, VARIABLE)
    ],
)
def test_every_combination(run_as: str, work: str, variable: str, mark: str, tmp_path: Path) -> None:
    words = ["--run-as", run_as, "--work", work, "--variable", variable, *(["--pin"] if pin_refusal() is None else [])]
    inside = run_as == "sub-interpreters"
    python = NEWEST.executable if inside else sys.executable
    reason = Variant(run_as, work, variable).refusal(NEWEST.version if inside else sys.version_info[:3])
    limit = COUNTS[variable] if work == "count" else NAPS
    # What starting takes must not be most of what is seen; the lock of threads is quick.
    limit *= 3 if inside else 8 if (run_as, work, variable) == ("threads", "count", "locked") else 1
    if reason is not None:
        with Cli(mark, "--headless", *words, "--python", python) as cli:
            assert cli.finish() == 2
        assert cli.stderr.startswith(f"rocketgui: {reason}")
        return
    report = seen(mark, tmp_path, *words, "--limit", str(limit), "--python", python)
    program, root, workers = report["program"], root_of(report), workers_of(report)
    assert (program["run_as"], program["work"], program["variable"]) == (run_as, work, variable)
    assert len(workers) == 2
    check_rows(root, workers, run_as)
    lines = {(line["process"], line["text"]) for line in report["output"]}
    assert {(worker["id"], f"end {worker['name']}") for worker in workers} <= lines
    mine = "rocket" if variable == "private" else "attempts"
    assert [(worker["values"][mine]["first"], worker["values"][mine]["last"]) for worker in workers] == [(0, limit)] * 2
    shared = root["values"]["rocket"]["last"]
    findings = found(report)
    if variable == "private":
        assert shared == 0
        assert ("isolation" in findings) == (run_as != "threads")
    elif variable == "locked":
        assert shared == 2 * limit
        assert findings["exact"] == {"attempts": 2 * limit, "value": 2 * limit, "lost": 0, "locked": True}
    else:
        lost = 2 * limit - shared
        said = findings["lost_updates"] if lost else findings["none_lost"]
        assert said == {"attempts": 2 * limit, "value": shared, "lost": lost, "locked": False}
        if run_as == "processes" and work == "count":
            assert lost > 0
        if run_as == "one-after-another":
            assert lost == 0
    if run_as == "one-after-another":
        assert findings["overlap"]["percent"] == 0
    else:
        assert findings["overlap"]["percent"] > 0
    assert ("io_bound" in findings) == (work == "sleep")
    busy_threads = run_as == "threads" and work == "count" and variable != "locked"
    if variable != "locked":  # those who wait for a lock may be seen to do either
        assert ("gil_bound" in findings) == (busy_threads and program["gil"])


def check_rows(root: dict[str, Any], workers: list[dict[str, Any]], run_as: str) -> None:
    for worker in workers:
        assert worker["parent"] == root["id"]
        kind = {"threads": "thread", "sub-interpreters": "interpreter"}.get(run_as, "process")
        assert worker["kind"] == kind
        assert (worker["pid"] == root["pid"]) == (kind != "process")
        moments = [
            worker[f"{moment}_ns"] for moment in ("start_called", "began", "target_entered", "target_left", "joined")
        ]
        assert None not in moments
        assert moments == sorted(moments)
        assert worker["exit_code"] == 0
    if run_as == "one-after-another":
        assert workers[0]["exited_ns"] <= workers[1]["start_called_ns"]


@pytest.mark.parametrize("python", pythons(), ids=str)
def test_threads_of_every_python(python: Python, mark: str, tmp_path: Path) -> None:
    report = seen(
        mark, tmp_path, "--run-as", "threads", "--variable", "locked", "--limit", "2000", "--python", python.executable
    )
    check_rows(root_of(report), workers_of(report), "threads")
    assert [worker["values"]["attempts"]["last"] for worker in workers_of(report)] == [2000, 2000]
    assert root_of(report)["values"]["rocket"]["last"] == 4000
