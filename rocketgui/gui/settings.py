"""What is remembered from one start to the next: the colour scheme, the window's geometry, and the controls.

One small file of JSON. Nothing in it is trusted: each value is checked by itself, as if it had been typed, and one that
makes no sense is as good as none. Neither reading nor writing it ever stops anything.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QStandardPaths

from rocketgui.gui.style.theme import ColourScheme
from rocketgui.options import CONTROLS, Options
from rocketgui.recording.files import write_json

#: What older versions called a control.
_RENAMED = {"pin": "pinned"}
#: A file that is longer was not written by rocketgui.
_LONGEST = 65_536


class Settings(NamedTuple):
    """`controls` are named as in `Options`; `geometry` is the window's, as in geometry.py."""

    scheme: ColourScheme = ColourScheme.SYSTEM
    geometry: str = ""
    controls: dict[str, Any] = {}  # noqa: RUF012 nobody changes it

    def applied(self, options: Options) -> Options:
        """The options with what is remembered, but for what was given; a lesson has controls of its own, and a program
        of the user's a Python of its own."""
        if options.lesson is not None:
            return options
        given = options.given if options.script is None else options.given | {"python"}
        return options.with_controls({name: value for name, value in self.controls.items() if name not in given})


def path() -> Path:
    """Where the system keeps the settings of programs; the application has to have its name by then."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(folder) / "settings.json"


def load(file: Path) -> Settings:
    """Read what makes sense of a file."""
    try:
        if not file.is_file():  # a pipe would be waited for
            return Settings()
        with file.open(encoding="utf-8") as opened:
            read = json.loads(opened.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(read, dict):
        return Settings()
    scheme, geometry, controls = read.get("look"), read.get("place"), read.get("controls")
    values = controls if isinstance(controls, dict) else {}
    values = {_RENAMED.get(name, name): value for name, value in values.items()}
    checked = {}
    for control in CONTROLS:
        with contextlib.suppress(KeyError, ValueError, TypeError):
            checked[control.name] = control.check(values[control.name])
    return Settings(
        ColourScheme(scheme) if scheme in tuple(ColourScheme) else ColourScheme.SYSTEM,
        geometry if isinstance(geometry, str) else "",
        checked,
    )


def save(file: Path, settings: Settings) -> None:
    """Write the settings; where that is not possible, they are not remembered."""
    with contextlib.suppress(OSError, ValueError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, {"look": str(settings.scheme), "place": settings.geometry, "controls": settings.controls})
