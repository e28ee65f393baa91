"""Where the processes of a program are found.

Tested by tests/collector/processes/test_sampler.py.
"""

from __future__ import annotations

from typing import NamedTuple


class ProgramTree(NamedTuple):
    """The processes below `top` that are the program's: all but `others` among its children.

    `top` is the pid of the supervisor; of the owner, once the supervisor has died and its orphans have come there.
    """

    top: int
    others: frozenset[int] = frozenset()
