"""Odd surroundings: rocketgui says a sentence or does with less; it neither hangs nor shows a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import LONGEST, environment, mark, nothing_is_left

__all__ = ["mark"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are of Unix")

#: What the shell does before, and what is expected: the exit code, and what stands in stderr.
SURROUNDINGS = {
    "10 descriptors": ("ulimit -n 10", 127, "Too many open files"),
    "16 descriptors": ("ulimit -n 16", 4, ""),
    "20 descriptors": ("ulimit -n 20", 4, ""),
    "30 descriptors": ("ulimit -n 30", 4, "exit code 4"),
    "no home": ("unset HOME", 4, "exit code 4"),
    "a home that is none": ("export HOME=/nonexistent", 4, "exit code 4"),
    "no temporary folder": ("export TMPDIR=/nonexistent", 4, "exit code 4"),
    "the C locale": ("export LANG=C LC_ALL=C", 4, "exit code 4"),
    "an odd path": ("export PYTHONPATH=::/nonexistent:$PYTHONPATH:", 4, "exit code 4"),
    "a folder that was deleted": ("mkdir gone; cd gone; rmdir ../gone", 4, "exit code 4"),
    "a folder that cannot be written to": ("cd /proc", 4, "exit code 4"),
    "no standard input": ("exec <&-", 4, "exit code 4"),
}


def run(mark: str, before: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rocketgui", "run", "--headless", *words]
    return subprocess.run(
        ["sh", "-c", f'{before}; exec "$@"', "sh", *command],
        env=environment(mark), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, cwd=folder,
        check=False,
    )  # fmt: skip


def no_trouble(done: subprocess.CompletedProcess[str]) -> None:
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") < 12


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_odd_surroundings(name: str, mark: str, tmp_path: Path) -> None:
    before, code, says = SURROUNDINGS[name]
    program = tmp_path / "program.py"
    program.write_text("import sys\nprint('hello')\nsys.exit(4)\n")
    done = run(mark, before, str(program), folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert done.stdout == ("hello\n" if code == 4 else "")
    assert says in done.stderr
    no_trouble(done)
    nothing_is_left(mark)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="takes rights")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed")
def test_without_proc(mark: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\nprint('hello')\nsys.exit(4)\n")
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/proc"], check=False).returncode:
        pytest.skip("no namespace can be made here")
    command = [sys.executable, "-m", "rocketgui", "run", "--headless", str(program)]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc; exec "$@"', "sh", *command],
        env=environment(mark), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (4, "hello\n")
    assert "is not observed" in done.stderr
    no_trouble(done)
    nothing_is_left(mark)


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        ("/dev/zero", 2, "is a device"),
        ("/dev/null", 0, "finished"),
        ("folder", 1, "can't find '__main__' module"),
        ("missing.py", 2, "there is no file"),
        ("empty.py", 0, "finished"),
        ("binary.py", 1, "SyntaxError"),
        ("/dev/stdin", 0, "finished"),
    ],
)
def test_odd_programs(what: str, code: int, says: str, mark: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "binary.py").write_bytes(bytes(range(1, 256)) * 100)
    done = run(mark, ":", what, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    nothing_is_left(mark)
