"""The packaged app runs programs of the user's, with the Python that the user has and without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_programs import PROGRAMS
from tests.helpers import START_METHODS, mark, read_report, root_of, until, workers_of
from tests.packaged.test_headless import PATIENCE_S, run
from tests.packaged.test_window import windows

__all__ = ["mark"]

#: Programs of the standard library alone, some of each kind: with their arguments, and how many processes each has.
SOME = [
    *((("with_process.py", method), 6) for method in START_METHODS),
    (("executor.py", "forkserver"), 3),
    (("with_manager.py", "spawn"), 5),
    (("os_fork.py",), 3),
    (("with_subprocess.py", "copy"), 2),
    (("with_subprocess.py", "shell"), 3),
    (("with_asyncio.py",), 5),
    (("crash.py", "spawn"), 3),
    (("exits.py", "exception"), 1),
]


@pytest.mark.parametrize("owner", ["app", "user"])
@pytest.mark.parametrize(("words", "processes"), SOME, ids=str)
def test_a_program(
    words: tuple[str, ...], processes: int, owner: str, binary: str, app: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "r.json"
    if owner == "user":
        Path(bare["PATH"], "python3").symlink_to(sys.executable)
    done = run(binary, bare, "run", "--headless", "--report", str(path), str(PROGRAMS / words[0]), *words[1:])
    report = read_report(path)
    python = Path(report["program"]["executable"])
    assert python.is_relative_to(app) == (owner == "app")
    alone = subprocess.run(
        [python, str(PROGRAMS / words[0]), *words[1:]], env=bare, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert (sorted(done.stdout.splitlines()), done.returncode) == (sorted(alone.stdout.splitlines()), alone.returncode)
    rest = [line for line in done.stderr.splitlines() if not line.startswith("rocketgui: ")]
    assert sorted(rest) == sorted(alone.stderr.splitlines())
    assert len([row for row in report["processes"] if row["kind"] == "process"]) == processes
    assert set(report["losses"].values()) == {0}, report["losses"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="drives a window under Xvfb")
def test_in_the_window(binary: str, bare: dict[str, str], display: str, tmp_path: Path) -> None:
    """It is launched at once; the window stays when the program has ended."""
    report = tmp_path / "r.json"
    tools = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    with subprocess.Popen(
        [binary, "run", "--report", str(report), str(PROGRAMS / "with_process.py"), "spawn"],
        env={**bare, "DISPLAY": display}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            until(report.exists, "the report")
            assert windows(tools, "with_process.py")
        finally:
            process.terminate()
            _, stderr = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, stderr) == (0, b"")
    found = read_report(report)
    assert root_of(found)["exit_code"] == 0
    assert len(workers_of(found)) == 5
