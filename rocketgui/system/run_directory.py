"""The private directory of a run. Its owner creates it; the owner or the supervisor removes it at the end of the run.
Where both were killed, a later owner removes it (`sweep`).

No function follows a symbolic link below the directory's parent, since the program may have replaced anything there by
a link, even the directory. Standard library only; modules that a start does not need are imported late.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time

TYPE_CHECKING = False  # typing would take longer to import than any of these
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PREFIX = "rocketgui-"
#: The file that the owner keeps locked while it lives. It holds the owner's pid, for human readers.
OWNER = "owner"
#: Free bytes that `MEMORY` must have to be used: three times the size of 256 trace buffers.
ROOM = 448 * 1024 * 1024
MEMORY = "/dev/shm"
#: The age in s from which on `sweep` removes a directory without a lock file, as older versions made them.
OLD = 24 * 3600.0
#: How many directories one `sweep` removes at most.
SWEPT_AT_A_TIME = 20

#: Device and inode: they distinguish the directory that was created from another one in its place.
Identity = tuple[int, int]

#: Whether the system has these calls. Windows has none of them; there, making a link needs a privilege.
_BY_DESCRIPTOR = {os.open, os.unlink, os.rmdir} <= os.supports_dir_fd and os.listdir in os.supports_fd


def create() -> str:
    """Create a directory for this user alone, and return its path. It is in memory where there is room: the system
    would write the maps of files on a disk back to the disk.

    Raises:
        OSError: the directory cannot be created.
    """
    import tempfile

    with contextlib.suppress(OSError, AttributeError):
        room = os.statvfs(MEMORY)
        if room.f_bavail * room.f_frsize >= ROOM:
            return tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY)
    return tempfile.mkdtemp(prefix=PREFIX)


def identity(directory: str) -> Identity | None:
    """The identity of a directory; None if the path does not exist, or is not a directory."""
    try:
        found = os.lstat(directory)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


class Claim:
    """Marks a directory as that of this process, until the claim is released or the process ends, in whatever way.

    It is a lock on a file, so that the kernel shows whether the owner lives. A pid would not do: pids are used again,
    and differ in another container that shares the directory. Where the system has no such locks there is no file.
    """

    def __init__(self, directory: str) -> None:
        self._descriptor = -1
        path, hidden = os.path.join(directory, OWNER), os.path.join(directory, f".{OWNER}")
        with contextlib.suppress(OSError, ImportError):
            import fcntl

            self._descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.write(self._descriptor, f"{os.getpid()}\n".encode())
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(hidden, path)  # under this name, the file is always locked

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def remove(directory: str, created: Identity | None) -> bool:
    """Remove a directory with its content, if its identity is `created`. Return whether no directory has this path now.

    Links, FIFOs and sockets in it are removed, not followed or opened. Content that cannot be removed stays.
    """
    if created is None or identity(directory) != created:
        return identity(directory) is None
    if not _BY_DESCRIPTOR:
        import shutil

        shutil.rmtree(directory, ignore_errors=True)
        return identity(directory) is None
    with contextlib.suppress(OSError), _opened(directory) as (parent, name, folder):
        if _identity(os.fstat(folder)) == created:
            for entry in os.listdir(folder):
                _remove_entry(entry, folder)
            os.rmdir(name, dir_fd=parent)
    return identity(directory) is None


@contextlib.contextmanager
def _opened(directory: str) -> Iterator[tuple[int, str, int]]:
    """Descriptor of the parent, the directory's name in it, and descriptor of the directory.

    Raises:
        OSError: there is no such directory (any more), or it may not be read.
    """
    path, name = os.path.split(directory)
    parent = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            yield parent, name, folder
        finally:
            os.close(folder)
    finally:
        os.close(parent)


def _remove_entry(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass
    except OSError:  # most likely a folder, made by the program
        import shutil  # would take longer to import than all of the supervisor

        with contextlib.suppress(OSError, RecursionError):
            shutil.rmtree(name, dir_fd=folder)  # does not follow links where the system supports dir_fd


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


# ---------------------------------------------------------------- directories that were left behind


def places() -> list[str]:
    """The folders in which run directories are created."""
    import tempfile

    return list(dict.fromkeys(map(os.path.realpath, (MEMORY, tempfile.gettempdir()))))


def sweep(folders: Iterable[str] | None = None) -> list[str]:
    """Remove this user's run directories whose owner is gone, in `folders` or else in `places()`; return their paths.

    Directories without a readable lock file are removed when they are older than `OLD`. Not to be called before the
    program has started, since the call takes a moment.
    """
    if not _BY_DESCRIPTOR:
        return []
    swept: list[str] = []
    for place in places() if folders is None else folders:
        with contextlib.suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                if len(swept) == SWEPT_AT_A_TIME:
                    return swept
                if entry.name.startswith(PREFIX) and _swept(entry):
                    swept.append(entry.path)
    return swept


def _swept(entry: os.DirEntry[str]) -> bool:
    with contextlib.suppress(OSError):
        found = entry.stat(follow_symlinks=False)
        private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
        if private and found.st_uid == os.geteuid() and _is_left(entry.path, found):
            return remove(entry.path, _identity(found))
    return False


def _is_left(directory: str, found: os.stat_result) -> bool:
    """Whether the owner of a directory is gone; without a lock file, whether the directory is old."""
    with _opened(directory) as (_, _, folder):
        if _identity(os.fstat(folder)) != _identity(found):
            return False
        try:
            return not _is_claimed(folder)
        except OSError:
            return time.time() - found.st_mtime > OLD


def _is_claimed(folder: int) -> bool:
    """Whether the lock file in a directory is locked.

    Raises:
        OSError: there is no such file, or it is not a regular file.
    """
    import fcntl

    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(OWNER, flags, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not written by an owner")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
