"""Finds resource files: in a checkout, in a wheel and in a packaged app."""

from __future__ import annotations

import sys
from pathlib import Path


def resource(name: str) -> Path:
    """The path of a resource, such as `themes/dark.json`.

    Raises:
        FileNotFoundError: there is no such resource; the text names the paths that were tried.
    """
    candidates = [folder / name for folder in _folders()]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"no resource {name}; looked for {', '.join(map(str, candidates))}")


def _folders() -> list[Path]:
    package = Path(__file__).resolve().parent
    folders = [package / "_resources", package.parent / "resources"]
    unpacked = getattr(sys, "_MEIPASS", None)
    return folders if unpacked is None else [Path(unpacked) / "resources", *folders]
