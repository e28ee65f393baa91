"""What ARCHITECTURE.md and docs/ say of the code is so: layers, rooms, files."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import rocketgui

PACKAGE = Path(rocketgui.__file__).parent
TOP = PACKAGE.parent
ARCHITECTURE, DECISIONS = TOP / "ARCHITECTURE.md", TOP / "docs" / "decisions"

pytestmark = pytest.mark.skipif(not ARCHITECTURE.exists(), reason="not a checkout")


def block(heading: str) -> list[str]:
    """The lines of the first code block under a heading of ARCHITECTURE.md."""
    section = ARCHITECTURE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    return section.split("```")[1].strip("\n").split("\n")


def test_layers_are_those_that_are_enforced() -> None:
    contracts = tomllib.loads(TOP.joinpath("pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    columns: list[list[str]] = [[], []]
    for line in block("The layers"):
        for column, layer in zip(columns, re.split(r"\s{2,}", line), strict=False):
            column.append(layer)
    told = {name: layers for name, *layers in columns}
    layered = [contract for contract in contracts["contracts"] if contract["type"] == "layers"]
    assert told == {contract["containers"][0]: contract["layers"] for contract in layered}


def rooms() -> Iterator[Path]:
    """The files and folders that are listed, each below the one that is indented less."""
    above: list[Path] = [TOP]
    for line in block("The rooms"):
        indent = (len(line) - len(line.lstrip())) // 2
        names = re.split(r"\s{2,}", line.strip())[0].split(", ")
        yield from (above[indent] / name for name in names)
        above[indent + 1 :] = [above[indent] / names[0]]


def test_rooms_are_there_and_none_is_missing() -> None:
    told = list(rooms())
    assert [path for path in told if not path.exists()] == []
    there = [path for path in PACKAGE.rglob("*") if path.is_dir() and list(path.glob("*.py"))]
    assert set(there) <= set(told)
    assert set(PACKAGE.glob("*.py")) <= set(told)


@functools.cache
def sources() -> list[str]:
    """The Python files of the repository."""
    folders = [folder for folder in TOP.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    return [path.as_posix() for path in [*TOP.glob("*.py"), *(path for one in folders for path in one.rglob("*.py"))]]


@pytest.mark.parametrize("path", sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md")]), ids=lambda path: path.name)
def test_files_that_are_named_are_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`([\w./-]+\.py)`", text)
    linked = re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text)
    assert [name for name in named if not any(source.endswith(f"/{name}") for source in sources())] == []
    assert [name for name in linked if not path.parent.joinpath(name).exists()] == []


def test_each_decision_is_in_the_index() -> None:
    index = " ".join(DECISIONS.joinpath("README.md").read_text(encoding="utf-8").split())
    for path in DECISIONS.glob("*.md"):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        assert path.name == "README.md" or f"- [{title}]({path.name}): " in index
