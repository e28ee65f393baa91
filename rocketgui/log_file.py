"""The log file of rocketgui's decisions, for bug reports. Nothing is logged without `--log-level`.

Each process of rocketgui appends lines to one file; no line ever goes to the program's standard output or error. The
supervisor does not log: the owner logs its reports.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

#: When a log begins and the file has more bytes than this, the file is renamed; an older renamed file is replaced.
LARGE = 5_000_000

_FORMAT = "%(asctime)s.%(msecs)03d %(processName)s[%(process)d] %(levelname)s %(name)s: %(message)s"
_logger = logging.getLogger("rocketgui")
# Without a log file, log records go nowhere, above all not to the program's standard error.
_logger.addHandler(logging.NullHandler())
_logger.propagate = False
#: The handler that writes the log of this process, if it logs.
_open: list[logging.Handler] = []


def path() -> Path:
    """The log file, in the folder that the system has for logs; ROCKETGUI_LOG names another file."""
    named = os.environ.get("ROCKETGUI_LOG")
    if named:
        return Path(named)
    import platformdirs  # imported late: most runs log nothing

    return platformdirs.user_log_path("rocketgui", appauthor=False) / "rocketgui.log"


def begin(level: str | None) -> str:
    """Begin to log records of at least this level, one of `options.LOG_LEVELS`; None: do not log. Return why the file
    cannot be written, empty if it can."""
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
    """The log level of this process, to pass to another process of rocketgui; None if this process does not log."""
    return logging.getLevelName(_logger.level).lower() if _open else None


def end() -> None:
    """Stop logging, and close the file."""
    while _open:
        handler = _open.pop()
        _logger.removeHandler(handler)
        handler.close()
