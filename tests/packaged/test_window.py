"""The packaged app as a user has it: a file is started, a window comes, a key launches, and everything is there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rocketgui.lessons import lesson
from tests.cli.test_headless import LIMIT, check_two_rockets
from tests.helpers import LONGEST, START_METHODS, mark, read_report, until, workers_of

__all__ = ["mark"]

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="drives a window under Xvfb"),
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool is not installed"),
]

#: Takes a picture of the whole screen; in a process of its own, since this one's Qt has no screen.
GRAB = (
    "import sys; from PySide6.QtGui import QGuiApplication;"
    "app = QGuiApplication([]); app.primaryScreen().grabWindow(0).save(sys.argv[1])"
)
#: The plot of the counters in a window of 1280x720: left, top, right, bottom.
COUNTERS = (300, 80, 800, 320)
#: The first two workers' colours in the dark look.
COLOURS = ((0x56, 0xB4, 0xE9), (0xE6, 0x9F, 0x00))
#: So many points of the curves at least: they go across much of the plot.
CURVE = 100


def windows(environment: dict[str, str], title: str = "^rocketgui$") -> list[str]:
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", title], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return found.stdout.split()


def grab(environment: dict[str, str], picture: Path) -> Callable[[tuple[int, int, int]], int]:
    """Take a picture of the screen; return what counts the points near a colour in the plot of the counters."""
    subprocess.run([sys.executable, "-c", GRAB, str(picture)], env=environment, check=True, timeout=LONGEST)
    from PySide6.QtGui import QColor, QImage

    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1280, 720)
    left, top, right, bottom = COUNTERS

    def count(colour: tuple[int, int, int]) -> int:
        near = 0
        for x in range(left, right):
            for y in range(top, bottom):
                found = QColor(image.pixel(x, y))
                near += all(
                    abs(one - other) < 40
                    for one, other in zip((found.red(), found.green(), found.blue()), colour, strict=True)
                )
        return near

    return count


@pytest.mark.parametrize("method", START_METHODS)
def test_launch(method: str, binary: str, bare: dict[str, str], display: str, tmp_path: Path) -> None:
    environment = {**bare, "DISPLAY": display}
    tools = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    report = tmp_path / "r.json"
    words = ["--limit", str(LIMIT), "--start-method", method, "--report", str(report)]
    with subprocess.Popen(
        [binary, *words], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        try:
            [window] = until(lambda: windows(tools), "the window")
            subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", "space"], env=tools, check=True)
            until(report.exists, "the report")
            assert windows(tools) == [window], "a worker brought another window"
            until(lambda: _drawn(tools, tmp_path / "window.png"), "the curves")
        finally:
            process.send_signal(signal.SIGTERM)
            stdout, stderr = process.communicate(timeout=LONGEST)
    assert (process.returncode, stderr) == (0, "")
    found = read_report(report)
    check_two_rockets(found, method)
    assert len(workers_of(found)) == 2
    assert sorted(stdout.splitlines()) == sorted(line["text"] for line in found["output"])


def test_lesson_presented(binary: str, bare: dict[str, str], display: str, tmp_path: Path) -> None:
    """As a teacher would: a lesson in large text, its first step, and on to the second."""
    tools = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    report = tmp_path / "r.json"
    words = ["--lesson", "5", "--present", "720p", "--report", str(report)]
    with subprocess.Popen(
        [binary, *words], env={**bare, "DISPLAY": display}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            [window] = until(lambda: windows(tools), "the window")
            for workers in [step.options.workers for step in lesson(5).steps][:2]:
                subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", "space"], env=tools, check=True)
                until(report.exists, "the report of a step")
                assert len(workers_of(read_report(report))) == workers
                report.unlink()
                subprocess.run(["xdotool", "key", "--window", window, "Page_Down"], env=tools, check=True)
        finally:
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=LONGEST)
    assert (process.returncode, stderr) == (0, "")


def _drawn(tools: dict[str, str], picture: Path) -> bool:
    count = grab(tools, picture)
    # Together: on a fast machine one curve covers most of the other.
    return sum(count(colour) for colour in COLOURS) > CURVE
