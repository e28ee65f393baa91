"""Which of the system's processes are the program's.

Tested by tests/collector/processes/test_sampler.py.
"""

from __future__ import annotations

from typing import NamedTuple


class ProgramTree(NamedTuple):
    """The program's processes: the descendants of `top`, but for those of its children that are among `others`.

    `top` is the pid of the supervisor. Once the supervisor has died it is the pid of the owner, which then is the
    parent of the supervisor's children; `others` are the owner's own children.
    """

    top: int
    others: frozenset[int] = frozenset()
