"""Finds whether there is a screen to show a window on. Without one, Qt would end the process with a core dump."""

from __future__ import annotations

import os
import re
import socket
import sys


def missing() -> str:
    """Why no window can be shown, as the beginning of a sentence; empty if one can."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM", "xcb").split(":")[0] not in (
        "xcb",
        "wayland",
        "",
    ):
        return ""
    wayland, display = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if wayland and _answers(os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/"), wayland)):
        return ""
    if not display and wayland:
        return f"the screen {wayland} that WAYLAND_DISPLAY names does not answer"
    if not display:
        return "no screen was found (neither DISPLAY nor WAYLAND_DISPLAY names one)"
    return "" if _x_answers(display) else f"the screen {display} that DISPLAY names does not answer"


def _x_answers(display: str) -> bool:
    match = re.fullmatch(r"(?:unix|.*/unix)?:(\d+)(?:\.\d+)?", display)
    if match is None:
        return True  # on another machine, or a socket elsewhere: Qt finds out
    path = f"/tmp/.X11-unix/X{match[1]}"
    return _answers(path) or _answers("\0" + path)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except OSError:
            return False
    return True
