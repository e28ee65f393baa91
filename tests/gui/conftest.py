"""The window over a fake bridge."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.style.fonts import resize_text
from rocketgui.gui.style.theme import ColourScheme, ThemeSwitch
from rocketgui.options import Options
from rocketgui.protocol.launch_spec import Script
from rocketgui.protocol.variant import Variant
from tests.gui.fake_bridge import FakeBridge
from tests.gui.script_story import Launched, Told

#: Lets a fake bridge go on for so many ticks of a 60th of a second.
Advance = Callable[[FakeBridge, int], None]


class MakeWindow(Protocol):
    """Makes a shown window over a started fake bridge."""

    def __call__(
        self, options: Options = ..., *, cores: int = ..., scheme: ColourScheme = ...
    ) -> tuple[MainWindow, FakeBridge]: ...


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[MakeWindow]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    made: list[MainWindow] = []
    themes = ThemeSwitch(app, ColourScheme.DARK)

    def make(
        options: Options | None = None, *, cores: int = 2, scheme: ColourScheme = ColourScheme.DARK
    ) -> tuple[MainWindow, FakeBridge]:
        themes.choose(scheme)
        bridge = FakeBridge(cores=cores)
        window = MainWindow(bridge, options or Options(variant=Variant(start_method="spawn")), themes)
        qtbot.addWidget(window)
        made.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        bridge.start()
        bridge.tick()
        return window, bridge

    yield make
    for window in made:
        window.close()
    themes.deleteLater()


@pytest.fixture
def advance(qtbot: QtBot) -> Advance:
    """Lets a fake bridge go on for so many ticks of a 60th of a second."""

    def go_on(bridge: FakeBridge, ticks: int) -> None:
        for _ in range(ticks):
            bridge.tick()
        QApplication.processEvents()

    return go_on


@pytest.fixture
def usual_text(qapp: QApplication) -> Iterator[None]:
    """The size of text belongs to the application: one test must not change it for the next."""
    pixels = qapp.font().pixelSize()
    yield
    if qapp.font().pixelSize() != pixels:
        resize_text(QWidget(), pixels)


#: What `script` holds.
SOURCE = "rocket = 0\nprint('it flies')\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The file of a program of the user's."""
    file = tmp_path / "two.py"
    file.write_text(SOURCE, encoding="utf-8")
    return file


@pytest.fixture
def opened(make_window: MakeWindow, script: Path) -> tuple[MainWindow, FakeBridge]:
    """A window that was asked to run a program of the user's."""
    return make_window(Options(script=Script((str(script), "--fast"), ("rocket",))))


@pytest.fixture
def launch(make_window: MakeWindow, advance: Advance) -> Callable[..., Launched]:
    """Makes a window in which a program of the user's has just begun."""

    def begin(*watch: str) -> Launched:
        window, bridge = make_window(Options(script=Script(("two.py",), watch)))
        window.launch()
        advance(bridge, 3)
        return window, bridge, Told(bridge)

    return begin
