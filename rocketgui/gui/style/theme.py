"""Dark and light: a theme is a data file in resources/themes/, applied as a palette on Fusion and a small style sheet.

The whole palette is set by hand because Qt's own colour scheme cannot be switched on every platform
(`QStyleHints.setColorScheme` does nothing on some); the system's choice is followed through `colorSchemeChanged`.

The application has one theme at a time, `current()`. What is painted by hand asks for its colours at each painting, and
Qt repaints every widget when the palette changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from rocketgui.gui.style.fonts import base_font
from rocketgui.resources import resource


class ColourScheme(StrEnum):
    """The colour scheme that the user chose."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one colour scheme. `workers` and `cores` are cycled; `heat` runs from idle to fully loaded."""

    id: str
    name: str
    palette: dict[str, str]
    colours: dict[str, str]
    workers: tuple[QColor, ...]
    cores: tuple[QColor, ...]
    heat: tuple[QColor, ...]

    def colour(self, role: str) -> QColor:
        """The colour of a role such as `muted`."""
        return QColor(self.colours[role])

    def worker(self, index: int | None) -> QColor:
        """The colour of the worker with an index; None, the program itself: that of text."""
        return self.colour("text") if index is None else self.workers[index % len(self.workers)]

    def core(self, number: int) -> QColor:
        """The colour of a core's line."""
        return self.cores[number % len(self.cores)]


def load_theme(scheme: ColourScheme) -> Theme:
    """Read a theme's file; `scheme` is dark or light."""
    data = json.loads(resource(f"themes/{scheme}.json").read_text(encoding="utf-8"))
    return Theme(
        id=str(scheme),
        name=data["name"],
        palette=data["palette"],
        colours=data["colours"],
        workers=tuple(map(QColor, data["workers"])),
        cores=tuple(map(QColor, data["cores"])),
        heat=tuple(map(QColor, data["heat"])),
    )


_current: list[Theme] = []


def current() -> Theme:
    """The theme of the application; the dark one before there is one."""
    return _current[-1] if _current else load_theme(ColourScheme.DARK)


def colour(role: str) -> QColor:
    """A colour of the current theme; see `Theme.colour`."""
    return current().colour(role)


def worker(index: int | None) -> QColor:
    """A worker's colour in the current theme; see `Theme.worker`."""
    return current().worker(index)


def core(number: int) -> QColor:
    """A core's colour in the current theme; see `Theme.core`."""
    return current().core(number)


class ThemeSwitch(QObject):
    """Sets the theme of the application.

    The style sheet comes with `apply_style_sheet`, once the widgets are made: with it, every widget would be styled
    again with each parent that it gets, which took a third of the time that the window is made in.

    Signals:
        changed: the theme is another one; for what keeps colours.
    """

    changed = Signal()

    def __init__(self, app: QApplication, scheme: ColourScheme = ColourScheme.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._scheme = scheme
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setFont(base_font(app))
        self._hints = app.styleHints()
        self._hints.colorSchemeChanged.connect(self._system_changed)
        self._apply()

    @property
    def theme(self) -> Theme:
        """The theme of the application."""
        return current()

    @property
    def scheme(self) -> ColourScheme:
        """What was chosen: a colour scheme, or the system's."""
        return self._scheme

    def choose(self, scheme: ColourScheme) -> None:
        """Change the colour scheme."""
        self._scheme = scheme
        self._refresh()

    def _system_changed(self) -> None:
        if self._scheme is ColourScheme.SYSTEM:
            self._refresh()

    def _wanted(self) -> ColourScheme:
        if self._scheme is not ColourScheme.SYSTEM:
            return self._scheme
        # Where the system does not say, dark: it is what a stage wants.
        return ColourScheme.LIGHT if self._hints.colorScheme() is Qt.ColorScheme.Light else ColourScheme.DARK

    def _refresh(self) -> None:
        if self._wanted() != self.theme.id:
            self._apply()
            self.apply_style_sheet()
            self.changed.emit()

    def _apply(self) -> None:
        _current[:] = [load_theme(self._wanted())]
        self._app.setPalette(_palette(self.theme))

    def apply_style_sheet(self) -> None:
        """Apply the theme's style sheet."""
        template = Template(resource("themes/style.qss").read_text(encoding="utf-8"))
        images = {name: resource(f"themes/{name}.svg").as_posix() for name in ("arrow", "tick", "up")}
        self._app.setStyleSheet(template.substitute(self.theme.colours, **images))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    for name, colour in theme.palette.items():
        role = getattr(QPalette.ColorRole, name, None)
        # `Accent` came with Qt 6.6.
        if role is not None:
            palette.setColor(role, QColor(colour))
    faint = theme.colour("faint")
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    return palette
