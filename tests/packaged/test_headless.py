"""The packaged app without a window: the main job, with no Python on the machine and with the user's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rocketgui import __version__
from rocketgui.lessons import lesson
from tests.cli.test_headless import arguments, check_two_rockets
from tests.helpers import START_METHODS, mark, read_report, root_of, workers_of

__all__ = ["mark"]

PATIENCE_S = 60.0


def run(binary: str, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary, *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("method", START_METHODS)
def test_two_rockets(method: str, binary: str, app: Path, bare: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    done = run(binary, bare, *arguments(path, method=method))
    assert done.returncode == 0, done.stderr
    report = read_report(path)
    check_two_rockets(report, method)
    assert sorted(done.stdout.splitlines()) == sorted(line["text"] for line in report["output"])
    assert Path(report["program"]["executable"]).is_relative_to(app), "it ran with another Python"
    assert not any(Path(bare["HOME"]).iterdir()), "it wrote into HOME"


@pytest.mark.parametrize(("run_as", "variable"), [("threads", "locked"), ("one-after-another", "unlocked")])
def test_other_workers(run_as: str, variable: str, binary: str, bare: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    words = ("--headless", "--run-as", run_as, "--variable", variable, "--limit", "2000", "--report", str(path))
    done = run(binary, bare, *words)
    assert done.returncode == 0, done.stderr
    report = read_report(path)
    assert root_of(report)["values"]["rocket"]["last"] == 4000
    assert [worker["values"]["attempts"]["last"] for worker in workers_of(report)] == [2000, 2000]


@pytest.mark.parametrize("number", [3, 7, 9])
def test_lesson(number: int, binary: str, bare: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    done = run(binary, bare, "--headless", "--lesson", str(number), "--limit", "2000", "--report", str(path))
    assert done.returncode == 0, done.stderr
    report = read_report(path)
    assert len([*report.get("before", []), report]) == len(lesson(number).steps)


def test_sweep(binary: str, bare: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    words = ("sweep", "--headless", "--workers", "1-2", "--seconds", "0.5", "--report", str(path))
    done = run(binary, bare, *words)
    assert done.returncode == 0, done.stderr
    assert path.exists()


def test_version(binary: str, bare: dict[str, str]) -> None:
    assert run(binary, bare, "--version").stdout == f"rocketgui {__version__}\n"


def test_self_test(binary: str, bare: dict[str, str]) -> None:
    done = run(binary, bare, "--self-test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert all(method in done.stdout for method in START_METHODS)


@pytest.mark.parametrize("method", START_METHODS)
def test_own_python_of_the_user(method: str, binary: str, bare: dict[str, str], tmp_path: Path) -> None:
    """The agent is made of plain files, so another Python can load it; and packaging leaves no trace in there."""
    path = tmp_path / "r.json"
    done = run(binary, bare, "--python", sys.executable, *arguments(path, method=method))
    assert done.returncode == 0, done.stderr
    report = read_report(path)
    check_two_rockets(report, method)
    assert report["program"]["executable"] == sys.executable


@pytest.mark.skipif(os.name == "nt", reason="a Python that is a script needs a system that runs scripts")
def test_environment_of_the_user(binary: str, bare: dict[str, str], tmp_path: Path) -> None:
    """What is started finds the variables as they were, not as the packaged app needs them for itself."""
    spy = tmp_path / "python"
    seen = tmp_path / "seen.json"
    spy.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"open({str(seen)!r}, 'w').write(json.dumps(dict(os.environ)))\n"
        f"os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])\n"
    )
    spy.chmod(0o755)
    done = run(binary, {**bare, "LD_LIBRARY_PATH": "/some/where"}, "--python", str(spy), "--workers", "1",
               "--limit", "1000", "--headless")  # fmt: skip
    assert done.returncode == 0, done.stderr
    variables = json.loads(seen.read_text())
    assert variables["LD_LIBRARY_PATH"] == "/some/where"
    assert not [name for name in variables if name.startswith(("_PYI", "_MEI")) or name.endswith("_ORIG")]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads a Linux folder")
def test_nothing_of_this_machine_is_in_it(app: Path) -> None:
    """Compiled modules name no folder of the machine that they were compiled on."""
    home = str(Path.home()).encode()
    if home == b"/":
        pytest.skip("the home folder has no name here")
    for path in (app / "_internal" / "rocketgui").rglob("*.pyc"):
        assert home not in path.read_bytes(), path
