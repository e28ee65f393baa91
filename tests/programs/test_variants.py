"""Every variant of the built-in program on its own: plain Python, with rocketgui nowhere near."""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from rocketgui.options import pin_refusal
from rocketgui.programs import source
from rocketgui.protocol.variant import INTERPRETERS_FROM, RUN_AS, VARIABLE, WORK, Variant
from rocketgui.resources import resource
from tests.helpers import LONGEST, Python, clean, pythons, this_python
from tests.programs.test_rocket import ROCKET, run

FREE = [Variant(*choice) for choice in itertools.product(RUN_AS, WORK, VARIABLE)]
#: Pinning is the same line whatever is counted.
PINNED = [Variant(*choice, "private", pinned=True) for choice in itertools.product(RUN_AS, WORK)]
EVERY = FREE + (PINNED if pin_refusal() is None else [])
#: Those that there is a Python for.
VARIANTS = [variant for variant in EVERY if variant.refusal(INTERPRETERS_FROM) is None]
LIMIT = 40


def name(variant: Variant) -> str:
    return "-".join([*variant[:3], "pinned" if variant.pinned else "free"])


def test_the_file_is_the_first_of_them() -> None:
    assert ROCKET.read_text(encoding="utf-8") == source(Variant(start_method=""), 2, 10_000_000)


@pytest.mark.parametrize("variant", VARIANTS, ids=name)
def test_says_what_it_is_asked_for(variant: Variant, tmp_path: Path) -> None:
    """Saved and run without arguments, it does what the controls said."""
    path = tmp_path / "saved.py"
    path.write_text(source(variant._replace(start_method="spawn"), 3, LIMIT), encoding="utf-8")
    lines = run(able(variant), str(path))
    workers = [f"func{number}" for number in (1, 2, 3)]
    assert sorted(lines[:-1]) == sorted(f"{word} {worker}" for word in ("start", "end") for worker in workers)
    said, _, value = lines[-1].rpartition(" ")
    assert said == "rocket in the parent:"
    if variant.variable == "unlocked":
        assert 0 < int(value) <= 3 * LIMIT
    else:
        assert int(value) == (0 if variant.variable == "private" else 3 * LIMIT)
    if variant.run_as == "one-after-another":
        assert lines[:-1] == [f"{word} {worker}" for worker in workers for word in ("start", "end")]


def able(variant: Variant) -> Python:
    """This Python, or where it cannot run a variant, the newest."""
    python = this_python() if variant.refusal(this_python().version) is None else pythons()[-1]
    reason = variant.refusal(python.version)
    if reason is not None:
        pytest.skip(reason)
    return python


@pytest.mark.parametrize("python", pythons(), ids=str)
@pytest.mark.parametrize("run_as", [run_as for run_as in RUN_AS if run_as != "sub-interpreters"])
def test_runs_with_every_python(python: Python, run_as: str, tmp_path: Path) -> None:
    path = tmp_path / "saved.py"
    path.write_text(source(Variant(run_as, variable="locked", start_method=""), 2, LIMIT), encoding="utf-8")
    assert run(python, str(path))[-1] == f"rocket in the parent: {2 * LIMIT}"


@pytest.mark.parametrize("variant", EVERY, ids=name)
def test_no_mark_of_a_template_is_left(variant: Variant) -> None:
    text = source(variant, 2, 1000)
    assert "#?" not in text
    assert "$" not in text


@pytest.mark.parametrize("path", sorted(resource("programs").glob("*.template")), ids=lambda path: path.stem)
def test_each_line_of_a_template_is_in_some_variant(path: Path) -> None:
    words = {*RUN_AS, *WORK, *VARIABLE, "shared", "pinned", "unpinned"}
    marks = [line.partition("#?")[2].strip() for line in path.read_text(encoding="utf-8").splitlines() if "#?" in line]
    assert marks
    assert set(marks) <= words


@pytest.mark.parametrize("variant", VARIANTS, ids=name)
def test_is_as_a_teacher_would_write_it(variant: Variant) -> None:
    text = source(variant, 2, 1000)
    assert max(map(len, text.splitlines())) <= 120
    assert not any(line != line.rstrip() for line in text.splitlines())
    tree = ast.parse(text, feature_version=(3, 8))
    assert ast.get_docstring(tree)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    flies = ["fly"] if variant.run_as == "sub-interpreters" else []
    assert list(functions) == ["count", *flies, "launch", "main"]
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert imported <= used, "an import that is not used"


REFUSED = """
import runpy, sys
names = runpy.run_path(sys.argv.pop(1))
allowed, launch = int(sys.argv.pop(1)), names["launch"]

def refuse(number):
    if number > allowed:
        raise {error}
    return launch(number)

names["main"].__globals__["launch"] = refuse
names["main"]()
"""


@pytest.mark.parametrize("run_as", ["processes", "one-after-another", "threads"])
@pytest.mark.parametrize("allowed", [0, 2])
def test_those_that_the_system_starts_run(run_as: str, allowed: int, tmp_path: Path) -> None:
    """A fork server that cannot fork ends, which is an EOFError here. That none could start is a failure."""
    program, refused = tmp_path / "rocket.py", tmp_path / "refused.py"
    program.write_text(source(Variant(run_as, start_method="fork"), 5, LIMIT), encoding="utf-8")
    error = 'RuntimeError("no more")' if run_as == "threads" else 'EOFError("unexpected EOF")'
    refused.write_text(REFUSED.format(error=error), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(refused), str(program), str(allowed)],
        env=clean(), capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert done.returncode == (0 if allowed else 1)
    assert done.stdout.count("end func") == allowed
    assert f"func{allowed + 1} cannot start: " in done.stderr
    assert ("none could start" in done.stderr) == (not allowed)
    assert "Traceback" not in done.stderr
