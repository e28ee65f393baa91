"""Resources are found in a checkout, in a wheel and in a packaged app."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QIcon, QImage
from pytestqt.qtbot import QtBot

from rocketgui.resources import resource


@pytest.mark.parametrize("name", ["icon.svg", "themes/dark.json", "themes/light.json", "themes/style.qss"])
def test_resources_are_found(name: str) -> None:
    assert resource(name).is_file()


def test_a_missing_resource_is_named_with_the_places_looked_at() -> None:
    with pytest.raises(FileNotFoundError, match=r"no resource nothing\.png; looked for "):
        resource("nothing.png")


def test_a_packaged_app_uses_what_it_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "icon.svg").write_text("<svg/>")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource("icon.svg") == tmp_path / "resources" / "icon.svg"


def test_the_icon_can_be_drawn(qtbot: QtBot) -> None:
    image = QIcon(str(resource("icon.svg"))).pixmap(64, 64).toImage()
    assert isinstance(image, QImage)
    assert image.pixelColor(32, 6).alpha() == 255
