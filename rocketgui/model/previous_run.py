"""What stays of the runs before: enough to compare this one with them, and little enough to keep.

Tested by tests/model/findings/test_concurrency.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from rocketgui.model.series import Floats
from rocketgui.protocol.variant import Variant


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """A run that is over. `argv` is empty for the built-in program. `cores_used` is the CPU seconds per second of its
    workers. `curves` holds for each worker an array of times in s and one of the values named `watch`, both of one
    length."""

    title: str
    argv: tuple[str, ...]
    variant: Variant
    executable: str
    workers: int
    counts_per_s: float | None
    cores_used: float | None
    start_delay_s: float | None
    watch: str
    curves: tuple[tuple[Floats, Floats], ...]


def comparable(before: tuple[PreviousRun, ...], argv: tuple[str, ...]) -> tuple[PreviousRun, ...]:
    """Those of the same program: the built-in one, or the user's with the same arguments."""
    return tuple(past for past in before if past.argv == argv)
