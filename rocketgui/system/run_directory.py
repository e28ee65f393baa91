"""The private directory of a run: created by its owner, removed at the run's end by the owner or the supervisor, and
swept away by the next owner where both were killed.

Nothing here follows a symbolic link below the directory's parent: the program may have put one anywhere, even in the
place of the directory. Standard library only, and only what a start needs is imported at once.
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
#: Held locked for as long as the owner lives; its text is the owner's pid, for people.
OWNER = "owner"
#: Room that the directory in memory must have, so that 256 trace buffers fit in it three times.
ROOM = 448 * 1024 * 1024
MEMORY = "/dev/shm"
#: So old, in s, has a directory to be whose owner cannot be known (older versions wrote no file), to be swept away.
OLD = 24 * 3600.0
#: So many directories are swept away at a time; the next sweep goes on.
SWEPT_AT_A_TIME = 20

#: Device and inode: they tell the directory that was created from another one in its place.
Identity = tuple[int, int]

#: Windows can do none of these; there a link needs a privilege.
_BY_DESCRIPTOR = {os.open, os.unlink, os.rmdir} <= os.supports_dir_fd and os.listdir in os.supports_fd


def create() -> str:
    """Create a directory for this user alone, and return its path; in memory where there is room, since maps on a disk
    are written back to it.

    Raises:
        OSError: the system refuses it.
    """
    import tempfile

    with contextlib.suppress(OSError, AttributeError):
        room = os.statvfs(MEMORY)
        if room.f_bavail * room.f_frsize >= ROOM:
            return tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY)
    return tempfile.mkdtemp(prefix=PREFIX)


def identity(directory: str) -> Identity | None:
    """What tells this directory from another one of its name; None if there is none, or something else."""
    try:
        found = os.lstat(directory)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


class Claim:
    """Marks a directory as that of this process, until it is released or the process ends, however it does.

    It is a lock on a file, because the kernel then tells who lives: pids are used again, and mean something else in
    another container that shares the directory. Where the system has no such locks there is no file.
    """

    def __init__(self, directory: str) -> None:
        self._descriptor = -1
        path, hidden = os.path.join(directory, OWNER), os.path.join(directory, f".{OWNER}")
        with contextlib.suppress(OSError, ImportError):
            import fcntl

            self._descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.write(self._descriptor, f"{os.getpid()}\n".encode())
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(hidden, path)  # never seen without its lock

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def remove(directory: str, created: Identity | None) -> bool:
    """Remove a directory with all that is in it, if it is the one that was created; True if it is gone.

    Links, FIFOs and sockets in it are removed as such. What cannot be removed stays.
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
        OSError: it is no directory (any more), or may not be read.
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
    except OSError:  # a folder, most likely, which only the program can have made
        import shutil  # would take longer to import than all of the supervisor

        with contextlib.suppress(OSError, RecursionError):
            shutil.rmtree(name, dir_fd=folder)  # it does not follow links, where dir_fd is known


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


# ---------------------------------------------------------------- what was left


def places() -> list[str]:
    """The folders in which directories of runs are created."""
    import tempfile

    return list(dict.fromkeys(map(os.path.realpath, (MEMORY, tempfile.gettempdir()))))


def sweep(folders: Iterable[str] | None = None) -> list[str]:
    """Remove the directories of runs whose owner is gone, this user's only; return their paths.

    It takes a moment, so it is nothing for the way to a program's first line. Directories without a readable claim go
    when they are older than a day.
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
    """Whether the owner of a directory is gone; without a claim, whether it is old."""
    with _opened(directory) as (_, _, folder):
        if _identity(os.fstat(folder)) != _identity(found):
            return False
        try:
            return not _is_claimed(folder)
        except OSError:
            return time.time() - found.st_mtime > OLD


def _is_claimed(folder: int) -> bool:
    """Whether the owner's file in a directory is locked.

    Raises:
        OSError: there is no such file.
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
