"""Writing files so that a reader finds either the old one or the whole new one, never a part, and so that what is no
regular file stays what it is: a device, a pipe, an open descriptor."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import select
import stat
import tempfile
import time
from pathlib import Path
from typing import Any

#: The names of this process's own open files.
_DESCRIPTOR = re.compile(r"/(?:dev/(?:fd|std(?:in|out|err))|proc/self/fd)(?:/(\d+))?")
_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
#: How long a reader of a pipe may take to read on, in s.
PATIENCE = 5.0
#: What UTF-8 cannot hold, such as the bytes of a file name that is no text.
_SURROGATE = re.compile("[\ud800-\udfff]")


def write_json(path: Path | str, obj: Any) -> None:
    """Write `obj` as indented JSON, in UTF-8; see `write`. What UTF-8 cannot hold is written as an escape of JSON's.

    Raises:
        OSError: it cannot be written; nothing is left behind then.
    """
    text = json.dumps(obj, indent=2, ensure_ascii=False) + "\n"
    write(path, _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode())


def write(path: Path | str, data: bytes) -> None:
    """Write a file: a regular one atomically, through the link's target if it is a link, with the mode that it had; all
    else, such as a device, is opened and written as it is.

    Raises:
        OSError: it cannot be written; nothing is left behind then.
    """
    descriptor = _own_descriptor(path)
    if descriptor is not None:
        _write_all(descriptor, data)
        return
    try:
        found = os.stat(path)
    except FileNotFoundError:
        found = None
    if found is None or stat.S_ISREG(found.st_mode):
        _replace(os.path.realpath(path), data, found)
    else:
        _write_into(path, data)


def obstacle(path: Path | str) -> str | None:
    """Why a file cannot be written, as far as that can be told without doing so; None: it can be tried."""
    descriptor = _own_descriptor(path)
    try:
        if descriptor is not None:
            os.fstat(descriptor)
            return None
        found = os.stat(path)
    except FileNotFoundError:
        folder = os.path.dirname(os.path.realpath(path))
        if not os.path.isdir(folder):
            return "it is not a file in a folder that exists"
        try:
            tempfile.TemporaryFile(dir=folder).close()  # without a name; not even root may make one everywhere
        except OSError as error:
            return error.strerror or str(error)
        return None
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    if stat.S_ISDIR(found.st_mode):
        return "it is not a file in a folder that exists"
    return None if _may(path, os.W_OK) else os.strerror(errno.EACCES)


def _may(path: Path | str, what: int) -> bool:
    """Whether this process may do that, be it under another user's name than it was started under."""
    return os.access(path, what, effective_ids=os.access in os.supports_effective_ids)


def _own_descriptor(path: Path | str) -> int | None:
    """The descriptor that a path such as /dev/stdout or /dev/fd/3 means. To open it anew would begin at the beginning
    of the file that it is redirected to."""
    name = os.fspath(path)
    known = _DESCRIPTOR.fullmatch(name)
    if os.name == "nt" or known is None:
        return None
    return int(known[1]) if known[1] else _STANDARD.get(name)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _write_into(path: Path | str, data: bytes) -> None:
    """Write into what is no regular file. What nobody reads is not waited for without a bound."""
    # A pipe that nobody has opened for reading says so only if it is not waited for.
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    try:
        deadline = time.monotonic() + PATIENCE
        while data:
            try:
                data = data[os.write(descriptor, data) :]
                deadline = time.monotonic() + PATIENCE
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise OSError(errno.ETIMEDOUT, "nobody reads it", os.fspath(path)) from None
                select.select([], [descriptor], [], PATIENCE)
    finally:
        os.close(descriptor)


def _replace(target: str, data: bytes, before: os.stat_result | None) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".rocketgui-", suffix=".part")
    except PermissionError:
        if before is None:
            raise
        # The folder may not be written to, but the file perhaps: then it cannot be replaced at once.
        with open(target, "wb") as file:
            file.write(data)
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if before is not None and hasattr(os, "chown"):
            with contextlib.suppress(OSError):  # to give it to another user takes rights
                os.chown(name, before.st_uid, before.st_gid)
        os.chmod(name, 0o666 & ~_umask() if before is None else stat.S_IMODE(before.st_mode))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _umask() -> int:
    """The permission bits that new files lack here; mkstemp gives 0600, which a report need not have."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
