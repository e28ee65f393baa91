"""The dialog about rocketgui: its version, and those of its libraries, for bug reports."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import PySide6
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from rocketgui import __version__, log_file, python_installations
from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.widgets.details_text import CopyButton, DetailsText, button_row
from rocketgui.gui.widgets.labels import Label
from rocketgui.resources import resource

_SENTENCE = "Shows live how Python’s multiprocessing runs functions at once."
_LICENCE = "Free software under the MIT licence."
_LIBRARIES = ("pyqtgraph", "numpy", "psutil")
_ICON_PX = 64


def details() -> str:
    """Versions, system and screen, a line each."""
    where = "packaged" if python_installations.packaged() is not None else "not packaged"
    lines = [
        f"rocketgui {__version__}, {where}",
        f"{platform.python_implementation()} {platform.python_version()}",
        f"PySide6 {PySide6.__version__}, Qt {qVersion()}",
        ", ".join(f"{name} {version}" for name in _LIBRARIES if (version := version_of(name))),
        platform.platform(),
        f"{os.cpu_count() or 'unknown number of'} cores",
        _screen(),
        f"log (--log-level): {_from_home(log_file.path())}",
    ]
    return "\n".join(lines)


def version_of(name: str) -> str:
    """The version of a library, without importing it; empty if it is not known. A packaged rocketgui may lack the
    metadata of its libraries."""
    loaded = getattr(sys.modules.get(name), "__version__", "")
    if loaded:
        return str(loaded)
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _from_home(path: Path) -> str:
    home = Path.home()
    return f"~{os.sep}{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _screen() -> str:
    screen = QGuiApplication.primaryScreen()
    size, plugin = screen.size(), QGuiApplication.platformName()
    return f"screen {size.width()} × {size.height()}, scaled by {screen.devicePixelRatio():g}, {plugin}"


class AboutDialog(QDialog):
    """Name, version, licence, and the details with a button that copies them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About rocketgui")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        icon = Label()
        icon.setPixmap(QIcon(str(resource("icon.svg"))).pixmap(_ICON_PX, _ICON_PX))
        icon.setAccessibleName("Icon of rocketgui")
        name = Label(f"rocketgui {__version__}")
        set_text(name, 1.6, bold=True)
        words = QVBoxLayout()
        words.setSpacing(4)
        for label in (name, Label(_SENTENCE), Label(_LICENCE)):
            words.addWidget(label)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        self.text = DetailsText("Versions", "Versions, system and screen, for bug reports")
        self.text.setPlainText(details())
        self.copy = CopyButton(self.text.toPlainText, "Copy the versions, for a bug report")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(14)
        layout.addLayout(head)
        layout.addWidget(self.text, 1)
        layout.addLayout(button_row(self, self.copy))
        self.resize(520, 310)
        self.text.setFocus()
