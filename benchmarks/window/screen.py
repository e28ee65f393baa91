"""A screen for the windows: the one there is, or a virtual one."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

from benchmarks.system import end_quietly

SIZE = (1280, 720)


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """Yield what the screen is, for people; start Xvfb if DISPLAY names none.

    Raises:
        RuntimeError: there is no screen, and no Xvfb to make one.
    """
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield f"display {os.environ.get('WAYLAND_DISPLAY') or os.environ['DISPLAY']}"
        return
    program = shutil.which("Xvfb")
    if program is None:
        raise RuntimeError("no screen: set DISPLAY, or install Xvfb")
    reader, writer = os.pipe()
    command = [program, "-displayfd", str(writer), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"]
    command.append("-noreset")  # else the server starts anew when its last window closes, and the next one meets that
    # A session of its own, as a desktop's X server has: the scheduler shares the cores between sessions.
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL, start_new_session=True)
    os.close(writer)
    try:
        with open(reader, encoding="ascii") as file:
            number = file.readline().strip()
        if not number:
            raise RuntimeError("Xvfb could not be started")
        os.environ["DISPLAY"] = f":{number}"
        yield f"Xvfb {SIZE[0]}x{SIZE[1]}"
    finally:
        os.environ.pop("DISPLAY", None)
        end_quietly(server)
