"""The variants of the built-in program: what its workers are, do and count, and how they start."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

#: What a worker is: a process; a thread of the only process; a process that starts when the one before it has ended; a
#: sub-interpreter in the only process.
RUN_AS = ("processes", "threads", "one-after-another", "sub-interpreters")
#: The first Python whose standard library has sub-interpreters.
INTERPRETERS_FROM = (3, 14)
#: What a worker does: count as fast as it can, or sleep for a millisecond before each count.
WORK = ("count", "sleep")
#: What a worker counts: a variable of its own; a variable that all workers share, with a lock or without.
VARIABLE = ("private", "locked", "unlocked")
#: The start methods that multiprocessing has on this system, its default first. To import multiprocessing would take
#: longer than all else that is loaded before the program is launched; a test compares this with its own list.
START_METHODS: tuple[str, ...] = (
    ("spawn",)
    if sys.platform == "win32"
    else ("spawn", "fork", "forkserver")
    if sys.platform == "darwin"
    else ("forkserver", "spawn", "fork")
    if sys.version_info >= (3, 14)
    else ("fork", "spawn", "forkserver")
)


class Variant(NamedTuple):
    """A variant of the built-in program, or `OTHER`. An empty `start_method` is the system's default, or none if no
    worker is a process. If `pinned`, each worker stays on one core."""

    run_as: str = RUN_AS[0]
    work: str = WORK[0]
    variable: str = VARIABLE[0]
    start_method: str = START_METHODS[0]
    pinned: bool = False

    @property
    def is_built_in(self) -> bool:
        """Whether this is the built-in program, and not `OTHER`."""
        return bool(self.work)

    @property
    def watch(self) -> tuple[str, ...]:
        """The names to watch; first, what each worker counts for itself."""
        return ("rocket",) if self.variable == "private" else ("attempts", "rocket")

    @property
    def is_shared(self) -> bool:
        """Whether all workers count one variable."""
        return self.variable not in ("private", "")

    @property
    def in_processes(self) -> bool:
        """Whether each worker is a process of its own."""
        return self.run_as in ("processes", "one-after-another")

    @property
    def launched(self) -> Variant:
        """This variant as it is launched: without a start method if no worker is a process."""
        return self if self.in_processes else self._replace(start_method="")

    def refusal(self, version: Sequence[int]) -> str | None:
        """Why a Python of this version, such as (3, 11, 7), cannot run the variant; None if it can."""
        if self.run_as != "sub-interpreters":
            return None
        if tuple(version[:2]) < INTERPRETERS_FROM:
            needed, has = (".".join(map(str, numbers[:2])) for numbers in (INTERPRETERS_FROM, version))
            return f"sub-interpreters need Python {needed} or newer; this one is {has}"
        if self.is_shared:
            return "sub-interpreters cannot share a variable: a multiprocessing.Value does not pass from one to another"
        return None


#: A script of the user's, of which nothing is known.
OTHER = Variant("processes", "", "", "")
