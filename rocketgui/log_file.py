"""Where rocketgui writes down what it decided, for bug reports: off unless it is asked for by `--log-level`.

Each process of rocketgui appends lines to one file; nothing of it ever goes to the program's standard output or error.
The supervisor has no part in it: its reports are logged by the owner, who reads them.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

#: A file of so many bytes is put aside when a new log begins; the one that was put aside before is gone then.
LARGE = 5_000_000

_FORMAT = "%(asctime)s.%(msecs)03d %(processName)s[%(process)d] %(levelname)s %(name)s: %(message)s"
_logger = logging.getLogger("rocketgui")
# What is logged goes nowhere by itself, least of all to the program's standard error.
_logger.addHandler(logging.NullHandler())
_logger.propagate = False
#: What writes the log of this process, if it logs.
_open: list[logging.Handler] = []


def path() -> Path:
    """The log file, in the folder that the system has for logs; ROCKETGUI_LOG names another file."""
    named = os.environ.get("ROCKETGUI_LOG")
    if named:
        return Path(named)
    import platformdirs  # here: most runs log nothing

    return platformdirs.user_log_path("rocketgui", appauthor=False) / "rocketgui.log"


def begin(level: str | None) -> str:
    """Log from here on what is at least of this level: debug, info, warning or error; None: nothing. Return why the
    file cannot be written, empty if it can."""
    if level is None or _open:
        return ""
    file = path()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_size > LARGE:
                file.replace(file.with_suffix(".old.log"))
        handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        return f"{file}: {error.strerror or error}"
    handler.setFormatter(logging.Formatter(_FORMAT, datefmt="%Y-%m-%d %H:%M:%S"))
    _logger.addHandler(handler)
    _logger.setLevel(level.upper())
    _open.append(handler)
    return ""


def level() -> str | None:
    """The level at which this process logs, for another process of rocketgui; None: it does not."""
    return logging.getLevelName(_logger.level).lower() if _open else None


def end() -> None:
    """Log no more, and close the file."""
    while _open:
        handler = _open.pop()
        _logger.removeHandler(handler)
        handler.close()
