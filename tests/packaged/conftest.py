"""The packaged app, built once for all tests here, and an environment that has nothing to help it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.window.screen import screen
from installers import packages
from tests.helpers import MARK, TOP

#: Building takes a minute where nothing else runs, and so does a fresh Debian.
BUILD_S = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These are run on request (-m packaged); see CONTRIBUTING.md."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.packaged)
            item.add_marker(pytest.mark.timeout(BUILD_S))  # the first one builds


@pytest.fixture(scope="session")
def app() -> Path:
    """The folder of the packaged app: the one that ROCKETGUI_APP names, or one that is built here and now."""
    given = os.environ.get("ROCKETGUI_APP")
    if given:
        return Path(given).resolve()
    subprocess.run([sys.executable, "-m", "installers", "app"], cwd=TOP, check=True, timeout=BUILD_S)
    return packages.built()


@pytest.fixture(scope="session")
def binary(app: Path) -> str:
    """What a user double-clicks; on Windows, where that has no output, its twin for the console."""
    inside = {"win32": "rocketgui-console.exe", "darwin": "Contents/MacOS/rocketgui"}
    return str(app / inside.get(sys.platform, "rocketgui"))


@pytest.fixture
def bare(tmp_path: Path, mark: str) -> dict[str, str]:
    """An environment with no Python on PATH and an empty HOME."""
    home, empty = tmp_path / "home", tmp_path / "empty"
    home.mkdir()
    empty.mkdir()
    system = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ}
    return {**system, "HOME": str(home), "PATH": str(empty), "LANG": "C.UTF-8", MARK: mark}


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A screen of its own for the windows, 1280x720."""
    before = os.environ.pop("DISPLAY", None)
    with screen():
        yield os.environ["DISPLAY"]
    if before is not None:
        os.environ["DISPLAY"] = before
