"""The log: off by itself, in a file when it is asked for, and never in the program's streams."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rocketgui import log_file
from tests.helpers import LONGEST, environment, mark, nothing_is_left

__all__ = ["mark"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ROCKETGUI_LOG", str(tmp_path / "logs" / "of rocketgui.log"))
    yield log_file.path()
    log_file.end()


def run(mark: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rocketgui", *words],
        env=environment(mark), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip


def test_a_run_is_logged_by_each_process_and_prints_what_it_prints_without(file: Path, mark: str) -> None:
    words = "--headless", "--workers", "1", "--limit", "1000"
    silent = run(mark, *words)
    assert not file.exists()
    logged = run(mark, *words, "--log-level", "info")
    nothing_is_left(mark)
    assert (logged.returncode, logged.stdout) == (silent.returncode, silent.stdout)
    text = file.read_text(encoding="utf-8")
    assert "MainProcess[" in text
    assert " collector[" in text
    assert "rocketgui.owner: launched" in text
    assert "supervisor: {'event': 'started'" in text
    assert "the run is over: finished, exit code 0" in text
    assert "Traceback" not in text


def test_only_what_is_grave_enough_is_logged(file: Path) -> None:
    assert log_file.begin("warning") == ""
    assert log_file.level() == "warning"
    logger = logging.getLogger("rocketgui.test")
    logger.info("unimportant")
    logger.warning("important")
    assert "unimportant" not in file.read_text()
    assert " WARNING rocketgui.test: important" in file.read_text()


def test_without_a_level_nothing_is_logged(file: Path) -> None:
    assert log_file.begin(None) == ""
    assert log_file.level() is None
    logging.getLogger("rocketgui.test").error("lost")
    assert not file.exists()


def test_a_large_file_is_put_aside(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(bytes(log_file.LARGE + 1))
    assert log_file.begin("info") == ""
    assert file.stat().st_size == 0
    assert file.with_suffix(".old.log").stat().st_size == log_file.LARGE + 1


def test_a_file_that_cannot_be_written_is_said_and_stops_nothing(monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    monkeypatch.setenv("ROCKETGUI_LOG", os.path.join(os.devnull, "x.log"))
    done = run(mark, "--headless", "--workers", "1", "--limit", "1000", "--log-level", "debug")
    nothing_is_left(mark)
    assert done.returncode == 0
    assert "the log cannot be written" in done.stderr


def test_the_system_says_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROCKETGUI_LOG", raising=False)
    assert log_file.path().is_absolute()
    assert log_file.path().name == "rocketgui.log"
