"""The built-in program on its own: plain Python, with rocketgui nowhere near."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from rocketgui.resources import resource
from tests.helpers import LONGEST, START_METHODS, Python, clean, pythons

ROCKET = resource("programs/rocket.py")


@pytest.mark.parametrize("method", START_METHODS)
def test_runs_when_copied_out(method: str, tmp_path: Path) -> None:
    copy = tmp_path / "rocket.py"
    copy.write_bytes(Path(ROCKET).read_bytes())
    lines = run(pythons()[0], str(copy), "--workers", "2", "--limit", "1000", "--start-method", method)
    assert sorted(lines) == ["end func1", "end func2", "rocket in the parent: 0", "start func1", "start func2"]
    assert lines[-1] == "rocket in the parent: 0"
    assert lines.index("start func1") < lines.index("end func1")


@pytest.mark.parametrize("python", pythons(), ids=str)
def test_runs_with_no_arguments_but_the_limit(python: Python) -> None:
    assert len(run(python, str(ROCKET), "--limit", "1000")) == 5


def test_loop_is_as_plain_as_can_be() -> None:
    loops = [node for node in ast.walk(ast.parse(Path(ROCKET).read_text())) if isinstance(node, ast.While)]
    assert "while rocket < limit:\n    rocket += 1" in [ast.unparse(loop) for loop in loops]


def run(python: Python, *words: str) -> list[str]:
    done = subprocess.run(
        [python.executable, "-W", "error", *words],
        env=clean(), capture_output=True, text=True, timeout=LONGEST, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()
