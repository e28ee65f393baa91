"""Names, errors and output of a program that would do something to a terminal: rocketgui itself writes them as text."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rocketgui.cli import headless
from tests.helpers import LONGEST, Cli, environment, mark, read_report, workers_of

__all__ = ["mark"]

#: A terminal turns red, another message is made up, and the rest of the line is turned round.
NAME = "\x1b[31m<b>x</b>\nrocketgui: all is well\u202eabc\x9b0m"
SHOWN = r"\x1b[31m<b>x</b>\nrocketgui: all is well\u202eabc\x9b0m"
PROGRAM = f"""\
import multiprocessing, os, sys, threading, time
NAME = {NAME!r}
count = 0
def fail():
    sys.stderr = open(os.devnull, "w")  # what the program prints is its own business
    raise ValueError(NAME)
def work():
    global count
    threading.Thread(target=time.sleep, args=(0.3,), name=NAME).start()
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        count += 1
if __name__ == "__main__":
    print(NAME, flush=True)
    children = [multiprocessing.Process(target=each, name=NAME) for each in (work, fail, work)]
    for child in children:
        child.start()
    for child in children:
        child.join()
"""

HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def test_the_summary(mark: str, tmp_path: Path) -> None:
    program, report = tmp_path / "program.py", tmp_path / "report.json"
    program.write_text(PROGRAM, encoding="utf-8")
    with Cli(mark, "run", "--headless", "--report", str(report), str(program)) as cli:
        assert cli.finish() == 0
    assert cli.stdout == f"{NAME}\n"
    assert not HARMFUL.search(cli.stderr)
    assert all(line.startswith(("rocketgui: ", "    ")) for line in cli.stderr.splitlines()), cli.stderr
    assert "rocketgui: all is well" not in cli.stderr.splitlines()
    assert cli.stderr.count(SHOWN) >= 3
    told = read_report(report)
    assert [row["name"] for row in workers_of(told) if row["kind"] == "process"] == [NAME] * 3
    [error] = [row["error"] for row in told["processes"] if row["error"]]
    assert f"ValueError: {NAME}".endswith(error)


@pytest.mark.parametrize(
    "words", [["run", NAME], ["--report", f"/{NAME}/x"], ["--python", NAME], ["--limit", NAME[:20]], ["--launch", NAME]]
)
def test_arguments_that_make_no_sense(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rocketgui", *words, "--headless"][: 5 if words[0] == "run" else None],
        env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=LONGEST, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert not HARMFUL.search(done.stderr)
    assert r"\x1b[31m" in done.stderr
    assert not any(line.startswith("rocketgui: all is well") for line in done.stderr.splitlines())


def test_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    headless.tell(f"The program could not be launched: {NAME}\x1b\n")
    assert capsys.readouterr().err.splitlines() == [
        r"rocketgui: The program could not be launched: \x1b[31m<b>x</b>",
        r"    rocketgui: all is well\u202eabc\x9b0m\x1b",
    ]
