"""The window over a fake bridge."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Protocol

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.style.theme import ColourScheme, ThemeSwitch
from rocketgui.options import Options
from rocketgui.protocol.variant import Variant
from tests.gui.fake_bridge import FakeBridge

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
