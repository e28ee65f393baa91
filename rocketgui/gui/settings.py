"""The settings that are kept from one start to the next: colour scheme, geometry of the window, and controls.

They are a file of QSettings. Each value is checked as if it had been typed, and left out if it is wrong. Errors of
reading and writing are ignored.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QSettings, QStandardPaths

from rocketgui.gui.style.theme import ColourScheme
from rocketgui.options import CONTROLS, Options

#: Names of controls in older versions, and now.
_RENAMED = {"pin": "pinned"}
#: A longer file was not written by rocketgui.
_LONGEST = 65_536


class Settings(NamedTuple):
    """`controls` are named as in `Options`; `geometry` is the window's, as in geometry.py."""

    scheme: ColourScheme = ColourScheme.SYSTEM
    geometry: str = ""
    controls: dict[str, Any] = {}  # noqa: RUF012 nobody changes it

    def applied(self, options: Options) -> Options:
        """The options with remembered values where the user gave none. A lesson sets the controls itself, and a user's
        program has a Python of its own."""
        if options.lesson is not None:
            return options
        given = options.given if options.script is None else options.given | {"python"}
        return options.with_controls({name: value for name, value in self.controls.items() if name not in given})


def path() -> Path:
    """The path of the settings file. The name of the application has to be set before."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(folder) / "settings.ini"


def load(file: Path) -> Settings:
    """Read the settings; if there is no file yet, from the JSON file that older versions wrote beside it."""
    if not os.path.lexists(file):
        return _load_json(file.with_suffix(".json"))
    if not _is_short_file(file):
        return Settings()
    kept = QSettings(str(file), QSettings.Format.IniFormat)
    return _checked(kept.value("colour_scheme"), kept.value("geometry"), lambda name: kept.value(f"controls/{name}"))


def _load_json(file: Path) -> Settings:
    if not _is_short_file(file):
        return Settings()
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(kept, dict):
        return Settings()
    controls = kept.get("controls")
    values = {_RENAMED.get(name, name): value for name, value in controls.items()} if isinstance(controls, dict) else {}
    return _checked(kept.get("look"), kept.get("place"), values.get)


def _is_short_file(file: Path) -> bool:
    """Whether it is a regular file of a plausible size."""
    try:
        return file.is_file() and file.stat().st_size <= _LONGEST
    except OSError:
        return False


def _checked(scheme: Any, geometry: Any, value: Callable[[str], object]) -> Settings:
    controls = {}
    for control in CONTROLS:
        with contextlib.suppress(ValueError, TypeError):
            controls[control.name] = control.check(value(control.name))
    return Settings(
        ColourScheme(scheme) if scheme in tuple(ColourScheme) else ColourScheme.SYSTEM,
        geometry if isinstance(geometry, str) else "",
        controls,
    )


def save(file: Path, settings: Settings) -> None:
    """Write the settings, if that is possible."""
    if os.path.lexists(file) and not file.is_file():
        return
    kept = QSettings(str(file), QSettings.Format.IniFormat)
    kept.setValue("colour_scheme", str(settings.scheme))
    kept.setValue("geometry", settings.geometry)
    for name, value in settings.controls.items():
        kept.setValue(f"controls/{name}", str(value).lower() if isinstance(value, bool) else str(value))
    kept.sync()
