"""One word for one thing: the words that the field does not use are gone, from code, comments, tests and documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import TOP

#: What nobody finds in another profiler, in Qt or in an operating system; see the words in CONTRIBUTING.md.
PRIVATE = re.compile(
    r"\b(black[ -]box(es)?|census|crews?|crowds?|doings|guests?|knowledge|lineage|shelf|shelves|sights"
    r"|_flying|_land)\b",
    re.IGNORECASE,
)
#: Names of others: fields of psutil's CPU times.
OTHERS = re.compile(r'"guest(_nice)?"')
KINDS = {".json", ".md", ".py", ".qss", ".sh", ".spec", ".toml", ".txt", ".yml", ".yaml"}
LEFT_OUT = {".git", ".venv", "build", "dist", "__pycache__"}


def texts(folder: Path = TOP) -> Iterator[Path]:
    """The text files of the repository, but for this one."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in LEFT_OUT and not path.name.endswith((".egg-info", "_cache")):
                yield from texts(path)
        elif path.suffix in KINDS and path != Path(__file__):
            yield path


@pytest.mark.skipif(not (TOP / "pyproject.toml").exists(), reason="not a checkout")
def test_private_words_are_gone() -> None:
    found = [
        f"{path.relative_to(TOP)}:{number}: {match[0]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in PRIVATE.finditer(OTHERS.sub("", line))
    ]
    assert not found


def test_one_that_comes_back_is_found() -> None:
    assert PRIVATE.search("The Crew lands")
    assert PRIVATE.search("self._flying = {}")
    assert not PRIVATE.search("crowded shelving, a sight")
