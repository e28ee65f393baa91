"""Whatever lies in the folder that rocketgui is started in, no process of rocketgui's loads it."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.helpers import LONGEST, START_METHODS, TOP, clean, environment, mark, nothing_is_left, until

__all__ = ["mark"]

#: Not of the standard library, but looked for by rocketgui or by what it is made of.
OTHERS = {
    "PySide6", "colorcet", "cupy", "h5py", "imageio_ffmpeg", "numba", "numpy", "psutil", "pyqtgraph", "shiboken6",
    "sitecustomize", "threadpoolctl", "usercustomize",
}  # fmt: skip
#: As pip writes it.
CONSOLE_SCRIPT = f"""\
#!{sys.executable}
# -*- coding: utf-8 -*-
import sys
from rocketgui.__main__ import main
if __name__ == "__main__":
    sys.argv[0] = sys.argv[0].removesuffix(".exe")
    sys.exit(main())
"""
#: Its own modules lie beside it, and some are called like those of the standard library and of rocketgui.
PROGRAM = """\
import json, os, sys
import argparse, colorsys, numpy, psutil
files = [module.__file__ for module in (argparse, colorsys, numpy, psutil)]
print(json.dumps([files, sys.path, {name: os.environ.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")}]))
"""
MODES = ["python -m", "console script", "python -E", "PYTHONPATH", "packaged"]


@functools.cache
def loaded_before(module: bool) -> frozenset[str]:
    """What Python loads by itself before the first line of a module (python -m), or of a script."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "first_line.py").write_text("import sys; print(*sys.modules)")
        words = ["-m", "first_line"] if module else ["first_line.py"]
        done = subprocess.run(
            [sys.executable, *words], cwd=folder, env=environment(), capture_output=True, text=True, check=True
        )
    return frozenset(name.partition(".")[0] for name in done.stdout.split())


def packaged(folder: Path) -> Path:
    """The packaged app as it is without its frozen part; return what starts it."""
    internal = folder / "_internal"
    binaries = internal / "python" / "bin"
    binaries.mkdir(parents=True)
    for name in ("python3", f"python{sys.version_info.major}.{sys.version_info.minor}"):
        (binaries / name).symlink_to(os.path.realpath(sys.executable))
    for name in ("rocketgui", "resources"):
        (internal / name).symlink_to(TOP / name)
    for name in ("numpy", "platformdirs", "psutil"):
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        (internal / name).symlink_to(Path(found.origin).parent)
    shutil.copy(TOP / "resources" / "linux" / "without_window.py", internal)
    return Path(shutil.copy(TOP / "resources" / "linux" / "rocketgui.sh", folder / "rocketgui"))


class Start:
    """A way to start rocketgui in a folder that is full of files that are called like modules; each leaves a mark when
    it is loaded."""

    def __init__(self, how: str, tmp_path: Path, mark: str) -> None:
        self.folder = tmp_path / "anybody's"
        self.folder.mkdir()
        self._marks = tmp_path / "loaded"
        module = how not in ("console script", "packaged")
        names = (sys.stdlib_module_names | OTHERS) - loaded_before(module)
        self.variables = environment(mark, QT_QPA_PLATFORM="offscreen")
        self.command = [sys.executable, "-m", "rocketgui"]
        if how == "console script":
            script = self.folder / "rocketgui"  # its folder is as foreign as the current one
            script.write_text(CONSOLE_SCRIPT)
            self.command = [sys.executable, str(script)]
        elif how == "python -E":
            self.command[1:1] = ["-E"]
        elif how == "packaged":
            self.command = ["sh", str(packaged(tmp_path / "app"))]
        elif how == "PYTHONPATH":
            names -= {"sitecustomize", "usercustomize"}  # Python loads them before anything else
            self.variables["PYTHONPATH"] = os.pathsep.join([str(TOP), ""])
        for name in names:
            (self.folder / f"{name}.py").write_text(
                f"import sys\nwith open({str(self._marks)!r}, 'a') as file:\n"
                f"    print({name!r}, sys.orig_argv, file=file)\n"
            )

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run rocketgui in the folder."""
        return subprocess.run(
            [*self.command, *words], cwd=self.folder, env={**self.variables, **variables}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=LONGEST, check=False,
        )  # fmt: skip

    def loaded(self) -> list[str]:
        """Which files were loaded, and by which processes."""
        lines = self._marks.read_text().splitlines() if self._marks.exists() else []
        self._marks.unlink(missing_ok=True)
        return lines


@pytest.fixture(params=MODES)
def start(request: pytest.FixtureRequest, tmp_path: Path, mark: str) -> Start:
    if request.param == "packaged" and not sys.platform.startswith("linux"):
        pytest.skip("elsewhere the packaged app is frozen as a whole")
    if request.param == "python -E" and TOP not in map(Path, sys.path[1:]):
        pytest.skip("without its variable, nothing leads Python to this checkout")
    return Start(request.param, tmp_path, mark)


@pytest.mark.parametrize("method", START_METHODS)
def test_a_run_without_a_window(start: Start, method: str) -> None:
    done = start.run("--headless", "--limit", "1000", "--start-method", method, "--report", "../report")
    assert start.loaded() == []
    assert done.returncode == 0, done.stderr


def test_a_sweep(start: Start) -> None:
    done = start.run("sweep", "--headless", "--workers", "1-1", "--seconds", "0.1")
    assert start.loaded() == []
    assert done.returncode == 0, done.stderr


def test_the_self_test(start: Start) -> None:
    done = start.run("--self-test")
    assert start.loaded() == []
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("start", [mode for mode in MODES if mode != "packaged"], indirect=True)
def test_the_window(start: Start, mark: str, tmp_path: Path) -> None:
    report = tmp_path / "report"
    with subprocess.Popen(
        [*start.command, "--launch", "--limit", "1000", "--report", str(report)], cwd=start.folder,
        env=start.variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            until(lambda: report.exists() or process.poll() is not None, "the report")
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=LONGEST)
        finally:
            process.kill()
    assert start.loaded() == []
    assert (process.returncode, stderr) == (0, "")
    nothing_is_left(mark)


@pytest.mark.parametrize("safe_path", [None, "", "1"])
def test_a_program_finds_its_own_modules(start: Start, safe_path: str | None, tmp_path: Path) -> None:
    """What is kept from rocketgui is not kept from the program, whose environment is as it is alone."""
    for file in start.folder.glob("*.py"):
        if file.stem not in ("argparse", "colorsys", "numpy", "psutil"):
            file.unlink()
    (start.folder / "program.py").write_text(PROGRAM)
    if safe_path is not None:
        start.variables["PYTHONSAFEPATH"] = safe_path
        if safe_path:  # the program's own folder is not on its path then
            (start.folder / "program.py").write_text("import sys; sys.path.insert(0, '')\n" + PROGRAM)
    alone = subprocess.run(
        [sys.executable, "program.py"],
        cwd=start.folder, env=start.variables, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded_alone = start.loaded()
    done = start.run("run", "--headless", "--python", sys.executable, "program.py")
    assert done.stdout == alone.stdout
    assert done.returncode == 0
    assert len(json.loads(done.stdout)[0]) == len(loaded_alone) == 4
    assert start.loaded() == loaded_alone


def test_a_checkout_is_found_behind_all_else(tmp_path: Path) -> None:
    """Without an installation, the checkout is the current folder, or that of the script."""
    (tmp_path / "rocketgui").symlink_to(TOP / "rocketgui")
    done = subprocess.run(
        [sys.executable, "-S", "-m", "rocketgui", "--version"],
        cwd=tmp_path, env=clean(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_with_p_nothing_is_taken_away(tmp_path: Path) -> None:
    """The first entry of the path is none of Python's own making then."""
    code = (
        "import sys; from rocketgui.system import safe_path\n"
        "before = list(sys.path); safe_path.protect(); print(sys.path == before)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout == "True\n", done.stderr
