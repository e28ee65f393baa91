"""What is remembered from one start to the next; and that no file can stop a start."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rocketgui.cli.arguments import parse
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.settings import Settings, load, save
from rocketgui.gui.style.theme import ColourScheme, ThemeSwitch
from rocketgui.gui.window.geometry import Geometry
from rocketgui.options import Options, pin_refusal
from rocketgui.protocol.variant import Variant
from tests.gui.fake_bridge import FakeBridge
from tests.gui.program.test_variant_controls import choose

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = ["workers", "limit", "start_method", "run_as", "work", "variable", "pinned", "python"]
anew = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def window_at(qtbot: QtBot, file: Path, options: Options) -> MainWindow:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    window = MainWindow(FakeBridge(), options, ThemeSwitch(app, ColourScheme.DARK), remember=file)
    qtbot.addWidget(window)
    return window


def test_next_start_has_what_the_last_one_had(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "settings.ini"
    window = window_at(qtbot, file, Options())
    window.program.workers.set_value(7)
    window.program.limit.set_value(sys.maxsize)
    choose(window.program.choices.variable, "locked")
    choose(window.program.choices.run_as, "threads")
    window.themes.choose(ColourScheme.LIGHT)
    window.show()
    window.close()
    remembered = load(file)
    assert remembered.scheme is ColourScheme.LIGHT
    options = remembered.applied(Options())
    assert (options.workers, options.limit, *options.variant[:3:2]) == (7, sys.maxsize, "threads", "locked")
    again = window_at(qtbot, file, options)
    assert again.program.options.variant == window.program.options.variant
    assert again.geometry() == window.geometry()
    again.close()


def test_what_is_given_wins(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    save(file, Settings(controls=Options(workers=9, limit=77, variant=Variant(run_as="threads")).controls))
    options = load(file).applied(parse(["--workers", "3"]))
    assert (options.workers, options.limit, options.variant.run_as) == (3, 77, "threads")
    assert load(file).applied(parse(["--lesson", "2"])).variant.run_as == "processes"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '{"controls": []}',
        '{"look": {}, "place": 3, "controls": {"workers": "x"}}',
        "[" * 50_000,
    ],
    ids=range(8),
)
def test_broken_file_of_an_older_version(text: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.with_suffix(".json").write_text(text, encoding="utf-8")
    assert load(file) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", 0), ("workers", 257), ("workers", True), ("workers", 2.5), ("limit", -1), ("limit", 2**64),
        ("start_method", "teleport"), ("run_as", ["threads"]), ("work", None), ("pinned", "yes"),
        ("python", "/no/such"),
        ("python", "/"), ("colour", "red"),
    ],
)  # fmt: skip
def test_value_that_makes_no_sense_takes_no_other_with_it(name: str, value: object, tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.with_suffix(".json").write_text(
        json.dumps({"look": "dark", "controls": {"limit": 500, "workers": 4, name: value}})
    )
    options = load(file).applied(Options())
    assert load(file).scheme is ColourScheme.DARK
    assert options.workers == (2 if name == "workers" else 4)
    assert options.limit == (10_000_000 if name == "limit" else 500)


@pytest.mark.skipif(pin_refusal() is not None, reason="nothing can be pinned here")
def test_what_an_older_version_called_otherwise_is_known(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.with_suffix(".json").write_text(json.dumps({"controls": {"pin": True}}))
    assert load(file).applied(Options()).variant.pinned


@anew
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.ini"
    for kept in (file.with_suffix(".json"), file):
        kept.write_bytes(content)
        load(file).applied(Options())
        kept.unlink()


@anew
@given(st.sampled_from(NAMES), st.text(max_size=40))
def test_any_text_for_a_control(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / "settings.ini"
    kept = QSettings(str(file), QSettings.Format.IniFormat)
    kept.setValue(f"controls/{name}", text)
    kept.sync()
    options = load(file).applied(Options())
    assert 1 <= options.workers <= 256
    assert 1 <= options.limit <= sys.maxsize


@anew
@given(scheme=JSON, geometry=JSON, controls=st.dictionaries(st.sampled_from(NAMES), JSON))
def test_any_values_of_an_older_version(tmp_path: Path, scheme: Any, geometry: Any, controls: Any) -> None:
    file = tmp_path / "settings.ini"
    file.with_suffix(".json").write_text(json.dumps({"look": scheme, "place": geometry, "controls": controls}))
    read = load(file)
    options = read.applied(Options())
    assert 1 <= options.workers <= 256
    assert 1 <= options.limit <= sys.maxsize
    Geometry.read(read.geometry)


def test_place_that_makes_no_sense(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    save(file, Settings(geometry="0,0,99999,1"))
    window = window_at(qtbot, file, Options())
    assert (window.width(), window.height()) == (1280, 720)
    window.close()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="every folder can be written")
def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    save(tmp_path / "settings.ini", Settings())
    assert load(tmp_path / "settings.ini") == Settings()


def test_file_where_a_folder_should_be(tmp_path: Path) -> None:
    tmp_path.joinpath("rocketgui").write_text("")
    save(tmp_path / "rocketgui" / "settings.ini", Settings())
    assert load(tmp_path / "rocketgui" / "settings.ini") == Settings()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.parametrize("what", ["a pipe", "a link to /dev/zero", "a folder", "a link to itself"])
def test_what_is_no_file_is_neither_read_nor_replaced(what: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    match what:
        case "a pipe":
            os.mkfifo(file)
        case "a folder":
            file.mkdir()
        case _:
            file.symlink_to("/dev/zero" if "zero" in what else file)
    before = file.lstat()
    assert load(file) == Settings()
    save(file, Settings(scheme=ColourScheme.LIGHT))
    assert (file.lstat().st_mode, file.lstat().st_ino) == (before.st_mode, before.st_ino)
    assert load(file) == Settings()
    assert os.listdir(tmp_path) == ["settings.ini"]


@pytest.mark.skipif(os.name == "nt", reason="links take rights there")
def test_a_link_stays_one(tmp_path: Path) -> None:
    """As of those who keep their settings in a repository."""
    file, target = tmp_path / "settings.ini", tmp_path / "kept" / "rocketgui.json"
    target.parent.mkdir()
    save(target, Settings())
    file.symlink_to(target)
    save(file, Settings(scheme=ColourScheme.LIGHT))
    assert file.is_symlink()
    assert load(target) == load(file) == Settings(scheme=ColourScheme.LIGHT)
