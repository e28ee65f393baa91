"""`rocketgui --self-test`: what it says on this machine, and of faults that are made on purpose. Real runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import rocketgui
from tests.helpers import LONGEST, START_METHODS, TOP, environment, find, mark, nothing_is_left, until

__all__ = ["mark"]

#: Runs the self-test with a fault, which the words in the middle make.
SCRIPT = """
from rocketgui import python_installations
from rocketgui.cli import self_test
from rocketgui.protocol.variant import Variant

launch = self_test.rocket_launch
FORK = Variant(start_method='fork')

def change(method, **changes):
    "Have the runs with one start method be different."
    self_test.rocket_launch = lambda workers, limit, variant, *rest, **more: (
        launch(workers, limit, variant, *rest, **more)._replace(**(changes if variant.start_method == method else {{}}))
    )

{}

if __name__ == "__main__":
    raise SystemExit(self_test.run())
"""


def run(*words: str, variables: dict[str, str]) -> tuple[int, list[str]]:
    """The exit code, and the lines, of a process that has nothing to complain of."""
    done = subprocess.run(
        [sys.executable, *words],
        env=variables, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def run_with(fault: str, mark: str) -> tuple[int, list[str]]:
    return run("-c", SCRIPT.format(fault), variables=environment(mark))


def fact(lines: list[str], about: str) -> str:
    """What is said about something."""
    [line] = [line for line in lines if line.startswith(f"{about}  ")]
    return line.removeprefix(about).strip()


def test_on_this_machine(mark: str) -> None:
    code, lines = run("-m", "rocketgui", "--self-test", variables=environment(mark))
    assert (code, lines[-1]) == (0, "Everything that this system offers works.")
    assert fact(lines, "rocketgui") == f"{rocketgui.__version__}, not packaged"
    for method in START_METHODS:
        assert re.fullmatch(r"works \(\d+\.\d\d s\)", fact(lines, method))
    assert fact(lines, "cores").startswith(str(os.cpu_count()))
    assert fact(lines, "core of a process").startswith("available: this one is on core ")
    assert fact(lines, "pinning") == "works"
    assert fact(lines, "interpreters").endswith(f" {sys.executable}")
    assert fact(lines, "Qt").startswith("found: PySide6 6.")
    assert not [line for line in lines if "func1" in line]  # what the program prints is of no interest
    assert len({re.match(r".{17}  (?=\S)", line) is not None for line in lines[:-1]}) == 1  # aligned
    nothing_is_left(mark)


def test_with_an_empty_environment() -> None:
    """As a packaged app may be started: no PATH, no home, no language."""
    code, lines = run("-m", "rocketgui", "--self-test", variables={})
    assert (code, lines[-1]) == (0, "Everything that this system offers works.")
    assert fact(lines, "interpreters").endswith(f" {sys.executable}")
    assert fact(lines, "screen").startswith("no screen was found")


def test_one_start_method_fails(mark: str) -> None:
    code, lines = run_with("change('spawn', source=None, argv=('-c', 'raise ValueError(11)'))", mark)
    assert (code, lines[-1]) == (1, "1 thing does not work; see above.")
    assert fact(lines, "spawn") == "does not work: failed with exit code 1; ValueError: 11"
    assert fact(lines, "fork").startswith("works")
    nothing_is_left(mark)


FAULTS = [
    ("self_test.LIMIT = 7", "change('fork', argv=(launch(2, 5, FORK, '', own_session=False)).argv)",
     "the workers counted to [5, 5], not to 7 each"),
    ("", "change('fork', argv=(launch(1, self_test.LIMIT, FORK, '', own_session=False)).argv)",
     "the workers counted to [100000], not to 100000 each"),
    ("self_test.PATIENCE_S = 1", "change('fork', source=None, argv=('-c', 'import time; time.sleep(60)'))",
     "not at its end after 1 s"),
    ("", "change('fork', source=None, argv=('-c', 'import os; os.abort()'))",
     "The parent process was killed by SIGABRT; killed with exit code -6"),
    ("", "change('fork', python='/no/such')", "/no/such could not be started: No such file or directory; failed"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "fault", "says"), FAULTS, ids=[says[:30] for *_, says in FAULTS])
def test_what_went_wrong_is_said(before: str, fault: str, says: str, mark: str) -> None:
    code, lines = run_with(f"self_test.METHODS = ['fork']\n{before}\n{fault}", mark)
    assert (code, fact(lines, "fork")) == (1, f"does not work: {says}")
    nothing_is_left(mark)


def test_own_python_is_missing(mark: str) -> None:
    code, lines = run_with("python_installations.own = lambda: '/no/such/python'", mark)
    assert (code, lines[-1]) == (1, "3 things do not work; see above.")
    assert "there is no program /no/such/python" in fact(lines, "interpreters")


def test_a_method_that_the_system_has_not(mark: str) -> None:
    code, lines = run_with("self_test.START_METHODS = ['spawn']", mark)
    assert (code, lines[-1]) == (0, "Everything that this system offers works.")
    assert fact(lines, "fork") == fact(lines, "forkserver") == "not available on this system"
    assert fact(lines, "spawn").startswith("works")


def test_names_that_cannot_be_printed(mark: str, tmp_path: Path) -> None:
    code, lines = run(
        "-c", SCRIPT.format("self_test.METHODS = []; python_installations.own = lambda: '/no/such/Pythön'"),
        variables=environment(mark, PYTHONIOENCODING="ascii"),
    )  # fmt: skip
    assert code == 0
    assert "/no/such/Pyth\\xf6n" in fact(lines, "interpreters")


def test_interrupt(mark: str) -> None:
    """Ctrl-C ends it without a word, and the program with it."""
    script = SCRIPT.format("import rocketgui.model.run; self_test.LIMIT = 10**15")
    process = subprocess.Popen([sys.executable, "-c", script], env=environment(mark), stderr=subprocess.PIPE)
    until(lambda: len(find(mark, "rocket.py")) >= 4, "the program")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=LONGEST)[1] == b""
    assert process.returncode == 130
    nothing_is_left(mark)
