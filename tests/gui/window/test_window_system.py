"""The window system takes the window away, or goes away itself: the run ends, and is reported."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import QApplication

from rocketgui.gui.window.window_system import WindowSystem
from tests.helpers import LONGEST, environment, mark, nothing_is_left, read_report, until

__all__ = ["mark"]

needs_screen = pytest.mark.skipif(
    shutil.which("Xvfb") is None or ctypes.util.find_library("X11") is None, reason="needs Xvfb and libX11"
)


class Screen(NamedTuple):
    """An X server of the test's own."""

    display: str
    server: subprocess.Popen[bytes]


@pytest.fixture
def screen() -> Iterator[Screen]:
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x720x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        with open(reader, encoding="ascii") as file:
            number = file.readline().strip()
        assert number
        try:
            yield Screen(f":{number}", server)
        finally:
            server.terminate()


@functools.cache
def xlib() -> Any:
    library = ctypes.CDLL(ctypes.util.find_library("X11"))
    library.XOpenDisplay.restype = ctypes.c_void_p
    library.XDefaultRootWindow.restype = ctypes.c_ulong
    return library


class Client:
    """Another program on the screen, which can see every window and destroy it."""

    def __init__(self, display: str) -> None:
        opened = xlib().XOpenDisplay(display.encode())
        assert opened is not None
        self._display = ctypes.c_void_p(opened)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        xlib().XCloseDisplay(self._display)

    def find(self, title: str) -> int:
        """The window whose title begins so; 0: there is none."""
        root = ctypes.c_ulong(xlib().XDefaultRootWindow(self._display))
        above, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        windows = ctypes.POINTER(ctypes.c_ulong)()
        xlib().XQueryTree(self._display, root, *map(ctypes.byref, (above, parent, windows, count)))
        for window in windows[: count.value]:
            if self._title(window).startswith(title):
                return int(window)
        return 0

    def _title(self, window: int) -> str:
        name = ctypes.c_char_p()
        numbers = [ctypes.c_ulong() for _ in range(4)]  # type, format, length, what is left
        atom = ctypes.c_ulong(xlib().XInternAtom(self._display, b"_NET_WM_NAME", 0))
        xlib().XGetWindowProperty(
            self._display, ctypes.c_ulong(window), atom, ctypes.c_long(0), ctypes.c_long(100), 0, ctypes.c_ulong(0),
            *map(ctypes.byref, [*numbers, name]),
        )  # fmt: skip
        return (name.value or b"").decode()

    def cut_off(self, window: int) -> None:
        """Break the connection of the program that made a window, as xkill does."""
        xlib().XKillClient(self._display, ctypes.c_ulong(window))
        xlib().XFlush(self._display)

    def destroy(self, window: int) -> None:
        xlib().XDestroyWindow(self._display, ctypes.c_ulong(window))
        xlib().XFlush(self._display)


#: Runs until it is ended.
PROGRAM = """\
import time
count = 0
while True:
    count += 1
    time.sleep(0.01)
"""


class Window(NamedTuple):
    """rocketgui with a program that runs, and the file for the report."""

    process: subprocess.Popen[str]
    report: Path


@pytest.fixture
def window(screen: Screen, mark: str, tmp_path: Path) -> Iterator[Window]:
    report, program, times = tmp_path / "report.json", tmp_path / "program.py", tmp_path / "times.json"
    program.write_text(PROGRAM)
    words = ["run", "--watch", "count", "--python", sys.executable, "--report", str(report), str(program)]
    with subprocess.Popen(
        [sys.executable, "-m", "rocketgui", *words],
        env=environment(
            mark, DISPLAY=screen.display, QT_QPA_PLATFORM="xcb", XDG_CONFIG_HOME=str(tmp_path),
            ROCKETGUI_STARTUP=str(times),
        ),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        until(lambda: times.exists() and "sample_ns" in times.read_text(), "the first sample in the picture")
        yield Window(process, report)
        process.kill()


def check_ended(window: Window, mark: str) -> str:
    """It ends, nothing is left, and the report says that the program was stopped; return what is on stderr."""
    _, stderr = window.process.communicate(timeout=LONGEST)
    nothing_is_left(mark)
    report = read_report(window.report)
    assert report["ended"] == "stopped"
    return stderr


@needs_screen
def test_a_window_that_is_destroyed_is_closed(screen: Screen, window: Window, mark: str) -> None:
    with Client(screen.display) as client:
        client.destroy(until(lambda: client.find("program.py"), "the window"))
        check_ended(window, mark)
    assert window.process.returncode == 0


@needs_screen
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_screen_that_goes_away_ends_all(screen: Screen, window: Window, mark: str, number: signal.Signals) -> None:
    screen.server.send_signal(number)
    assert "connection broke" in check_ended(window, mark)
    assert window.process.returncode == 1


@needs_screen
def test_a_window_whose_connection_is_cut_ends_all(screen: Screen, window: Window, mark: str) -> None:
    with Client(screen.display) as client:
        client.cut_off(until(lambda: client.find("program.py"), "the window"))
        assert "connection broke" in check_ended(window, mark)
    assert window.process.returncode == 1


@pytest.mark.parametrize(
    ("sentence", "closes"),
    [
        ("The Wayland connection broke. Did the Wayland compositor die?", 1),
        ("The Wayland connection experienced a fatal error: Protocol error", 1),
        ("The X11 connection broke (error 1). Did the X11 server die?", 1),
        ("QXcbConnection: XCB error: 3 (BadWindow)", 0),
    ],
)
def test_a_broken_connection_is_known_by_what_qt_says(
    qapp: QApplication, qtlog: object, sentence: str, closes: int
) -> None:
    """Qt's plugin for Wayland ends the process right after it."""
    calls: list[None] = []
    watched = WindowSystem(qapp, lambda: calls.append(None))
    try:
        qWarning(sentence)
    finally:
        watched.restore()
    assert len(calls) == closes
