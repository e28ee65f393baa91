"""Every system's icons, from the one drawing `resources/icon.svg`."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
DRAWING = ROOT / "resources" / "icon.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)


def make(folder: Path) -> dict[str, Path]:
    """Write `rocketgui-N.png` for each of `SIZES`, `rocketgui.ico` (Windows) and `rocketgui.icns` (macOS).

    Returns:
        Where each is, by its size or its suffix: `"16"`, `"ico"`, ...
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = {str(size): folder / f"rocketgui-{size}.png" for size in SIZES}
    _draw(made)
    images = {size: _read(made[str(size)]) for size in SIZES}
    made["ico"] = folder / "rocketgui.ico"
    rest = [images[size] for size in ICO_SIZES[:-1]]
    images[256].save(made["ico"], sizes=[(size, size) for size in ICO_SIZES], append_images=rest)
    made["icns"] = folder / "rocketgui.icns"
    images[512].save(made["icns"], append_images=[images[size] for size in (16, 32, 64, 128, 256)])
    return made


def _read(file: Path) -> Image.Image:
    with Image.open(file) as image:
        return image.copy()


def _draw(files: dict[str, Path]) -> None:
    """Draw each size by itself: a small one is no shrunken large one."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication([])
    renderer = QSvgRenderer(str(DRAWING))
    for size, file in files.items():
        image = QImage(int(size), int(size), QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        if not image.save(str(file)):
            raise OSError(f"{file} could not be written")
    del application
