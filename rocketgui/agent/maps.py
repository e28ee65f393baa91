"""Memory maps of files that keep no file descriptor open.

A program may close every descriptor it has and open files of its own under the same numbers; an agent that still
held one would then write into them, or close them. A map needs none.
"""

from __future__ import annotations

import mmap
import os
import sys


def map_file(descriptor: int, size: int, access: int) -> mmap.mmap:
    """Map `size` bytes of an open file and close the file; the map stays valid.

    The caller must keep the map as long as the process lives: where Python keeps a copy of the descriptor inside the
    map (before 3.13, except on Windows), that copy is closed here, and its number must not be closed again.
    """
    if sys.version_info >= (3, 13) and os.name != "nt":
        mapped = mmap.mmap(descriptor, size, access=access, trackfd=False)
        os.close(descriptor)
        return mapped
    # dup() gives the lowest free number: the one that mmap's own dup() is about to get.
    copy = os.dup(descriptor)
    os.close(copy)
    mapped = mmap.mmap(descriptor, size, access=access)
    if os.name != "nt" and _same_file(copy, descriptor):
        os.close(copy)
    os.close(descriptor)
    return mapped


def _same_file(one: int, other: int) -> bool:
    try:
        return os.path.sameopenfile(one, other)
    except OSError:
        return False
