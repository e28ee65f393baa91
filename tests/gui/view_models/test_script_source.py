"""A program of the user's as the window shows it."""

from __future__ import annotations

from pathlib import Path

from rocketgui.gui.view_models import script_source
from rocketgui.protocol.launch_spec import Script


def test_encodings_and_folders(tmp_path: Path) -> None:
    latin = tmp_path / "latin.py"
    latin.write_bytes("# -*- coding: latin-1 -*-\nname = 'Zoë'\n".encode("latin-1"))
    assert script_source.read(Script((str(latin),)))[0].endswith("name = 'Zoë'\n")
    package = tmp_path / "package"
    package.mkdir()
    (package / "__main__.py").write_text("fuel = 1\n", encoding="utf-8")
    assert script_source.read(Script((str(package),))) == ("fuel = 1\n", "")
    assert script_source.name_of(Script((str(package),))) == "package"
