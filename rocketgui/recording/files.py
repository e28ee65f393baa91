"""Writing files so that a reader finds either the old one or the whole new one, never a part."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write_json(path: Path | str, obj: Any) -> None:
    """Write `obj` as indented JSON to `path` atomically.

    Raises:
        OSError: the file cannot be written; nothing is left behind then.
    """
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(obj, file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
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
