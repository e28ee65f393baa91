"""The command itself: its version, its help, and what it hands to a window."""

from __future__ import annotations

import pytest

import rocketgui
from rocketgui.cli import main
from rocketgui.options import Options
from tests.cli.command import run


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"rocketgui {rocketgui.__version__}\n", "")


def test_version_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--headless", "--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"rocketgui {rocketgui.__version__}\n")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--help"])
    out = capsys.readouterr().out
    assert ended.value.code == 0
    for option in (
        "--workers", "--limit", "--start-method", "--launch", "--headless", "--report", "--version", "--python",
        "--self-test",
    ):  # fmt: skip
        assert option in out


def test_refusal_of_a_real_command() -> None:
    done = run("--headless", "--limit", "ten")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_another_window() -> None:
    """What starts without Qt hands on the options of a window, and nothing else."""
    asked: list[Options] = []

    def window(options: Options) -> int:
        asked.append(options)
        return 7

    assert main.main(["--workers", "3"], window) == 7
    assert [options.workers for options in asked] == [3]
    assert main.main(["--version"], window) == 0
    with pytest.raises(SystemExit):
        main.main(["--workers", "none"], window)
    assert len(asked) == 1
