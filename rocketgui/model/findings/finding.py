"""What a finding is.

Tested by tests/model/findings/test_wording.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rocketgui.model.process import Process

#: More processes than this are counted, not named.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence or two; the first says the point. `figures` holds the numbers in it for scripts."""

    id: str
    text: str
    figures: dict[str, Any] = field(default_factory=dict)


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def all_of(count: int, noun: str = "") -> str:
    """`Both processes`, `All 3 cores`; for one, the same as for many."""
    return f"{'Both' if count == 2 else f'All {count}'} {noun}".strip()


def names(processes: Sequence[Process]) -> str:
    """Their names, as far as they can be read in passing."""
    return listed([process.name for process in processes])
