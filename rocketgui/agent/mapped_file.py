"""Memory maps of files that keep no file descriptor open.

A program may close every descriptor it has and open files of its own under the same numbers. An agent that still
used its old descriptor would then write into those files, or close them. A map needs no descriptor.

The program may also cut the files short. To access a map beyond the end of its file, or where a full disk has no room,
would end the program (SIGBUS). So `is_there` asks the system first.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
import sys

#: Advice to the system, from Linux 5.14 on: have pages ready to be read or written. The system refuses it (EFAULT)
#: where an access would end the process. Source: madvise(2), MADV_POPULATE_READ and MADV_POPULATE_WRITE.
READ, WRITE = 22, 23
#: The errors of a system that does not know this advice.
_UNKNOWN = (errno.EINVAL, errno.ENOSYS, errno.EPERM)

_asks = sys.platform == "linux" and hasattr(mmap.mmap, "madvise")


def is_there(memory: mmap.mmap, start: int, size: int, advice: int) -> bool:
    """Whether `size` bytes of a map from `start` on can be read or written; True where the system cannot tell. A call
    takes about 1 us. `advice` is READ or WRITE."""
    global _asks
    if _asks:
        first = start & -mmap.PAGESIZE
        try:
            memory.madvise(advice, first, start + size - first)
        except OSError as error:
            if error.errno not in _UNKNOWN:
                return False
            _asks = False
    return True


def open_file(path: str, flags: int, size: int) -> int:
    """Open a regular file of `size` bytes; return its descriptor. Anything else under this path is refused, without
    waiting for a FIFO or following a link.

    Raises:
        OSError: the file is missing, or is not a regular file of this size.
    """
    for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size != size:
        os.close(descriptor)
        raise OSError("not the file that was here: %s" % path)
    return descriptor


def map_file(descriptor: int, size: int, access: int) -> mmap.mmap:
    """Map `size` bytes of an open file and close the file; the map stays valid.

    The caller must keep the map as long as the process lives. Where Python keeps a copy of the descriptor inside the
    map (before 3.13, except on Windows), that copy is closed here; to free the map would close its number again.

    Raises:
        OSError: the system refuses the map. The file is closed then as well.
    """
    try:
        return _mapped(descriptor, size, access)
    except ValueError as error:  # the file has been cut short
        raise OSError(str(error)) from None
    finally:
        os.close(descriptor)


def _mapped(descriptor: int, size: int, access: int) -> mmap.mmap:
    if sys.version_info >= (3, 13) and os.name != "nt":
        return mmap.mmap(descriptor, size, access=access, trackfd=False)
    # dup() gives the lowest free number: the one that mmap's own dup() is about to get.
    copy = os.dup(descriptor)
    os.close(copy)
    mapped = mmap.mmap(descriptor, size, access=access)
    if os.name != "nt" and _same_file(copy, descriptor):
        os.close(copy)
    return mapped


def _same_file(one: int, other: int) -> bool:
    try:
        return os.path.sameopenfile(one, other)
    except OSError:
        return False
