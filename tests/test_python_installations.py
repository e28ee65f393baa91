"""Pythons that are found, understood or refused; and the environment that packaging leaves as it was."""

from __future__ import annotations

import os
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from rocketgui import python_installations
from rocketgui.python_installations import NoPython, PythonInstallation, check, find
from tests.helpers import Python, pythons

CPYTHON = "CPython", [3, 12, 1]
#: Other versions of Python, where they lie beside this one.
BESIDE = Path(sys.base_prefix).parent


def script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def answering(path: Path, implementation: str, version: list[int], prefix: str = "/here") -> Path:
    """A program that says that it is some Python."""
    return script(path, f"""echo '["{implementation}", {version}, "{path}", "{prefix}", true]'""")


def refusal(path: object) -> str:
    """Why it is refused: one sentence, which names what was typed."""
    with pytest.raises(NoPython) as caught:
        check(str(path))
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


# ---------------------------------------------------------------- check


@pytest.mark.parametrize("python", pythons(), ids=str)
def test_every_cpython_is_accepted(python: Python) -> None:
    found = check(python.executable)
    assert found.version == python.version
    assert str(found) == f"Python {'.'.join(map(str, python.version))}"
    assert os.path.samefile(found.path, python.executable)


@pytest.mark.parametrize("version", ["3.6", "3.7"])
def test_older_ones_are_refused(version: str) -> None:
    found = sorted(BESIDE.glob(f"{version}.*/bin/python3"))
    if not found:
        pytest.skip(f"there is no Python {version} on this machine")
    assert refusal(found[0]).endswith(f" is Python {version}; 3.8 is the oldest that can be observed")


def test_python_2_is_refused() -> None:
    found = sorted(BESIDE.glob("2.7.*/bin/python"))
    if not found:
        pytest.skip("there is no Python 2.7 on this machine")
    assert refusal(found[0]).endswith("does not start as a Python 3 does")


def test_what_is_no_program(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("Python 3.12")
    assert refusal(text) == f"{text} is not a program"
    text.chmod(0o755)
    assert refusal(text) == f"{text} cannot be run: Exec format error"
    assert refusal(tmp_path) == f"there is no Python in the folder {tmp_path}"
    for path in (tmp_path / "missing", "no-such-python", "~nobody-of-this-name/python", "x" * 10_000, "a\0b"):
        assert refusal(path) == f"there is no program {path}"
    assert refusal("") == "no Python is named"


def test_python_of_a_folder_that_may_not_be_run(tmp_path: Path) -> None:
    script(tmp_path / "bin" / "python").chmod(0o644)
    assert refusal(tmp_path) == f"{tmp_path} cannot be run: Permission denied"


@pytest.mark.parametrize(
    "line",
    [
        "echo rubbish",
        "echo 3",
        "echo '\"abcd\"'",
        "echo '[1, 2]'",
        'echo \'{"a": 1, "b": 2, "c": 3, "d": 4}\'',
        'echo \'["CPython", "3.12", "/p", "/p", true]\'',
        'echo \'["CPython", [3, "x", 1], "/p", "/p", true]\'',
        'echo \'["CPython", [3, 12, 1], null, "/p"]\'',
        r"printf '\377\376\200'",
        "true",
    ],
)
def test_rubbish_for_an_answer(line: str, tmp_path: Path) -> None:
    path = script(tmp_path / "python3", line)
    assert refusal(path) == f"{path} does not answer as a Python does"


def test_one_that_fails(tmp_path: Path) -> None:
    path = script(tmp_path / "python3", "echo about to fail; exit 1")
    assert refusal(path) == f"{path} does not start as a Python 3 does"


def test_one_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_installations, "PATIENCE_S", 0.3)
    path = script(tmp_path / "python3", "exec sleep 60")
    assert refusal(path) == f"{path} did not answer within 0 s"


def test_only_cpython(tmp_path: Path) -> None:
    path = answering(tmp_path / "pypy3", "PyPy", [3, 10, 14])
    assert refusal(path) == f"{path} is PyPy; only CPython can be observed"


def test_oldest(tmp_path: Path) -> None:
    assert check(str(answering(tmp_path / "a", "CPython", [3, 8, 0]))).version == (3, 8, 0)
    assert "is Python 3.7" in refusal(answering(tmp_path / "b", "CPython", [3, 7, 99]))


def test_folder_of_a_virtual_environment(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    found = check(str(tmp_path / "env"))
    assert found == PythonInstallation(
        str(tmp_path / "env" / "bin" / "python"), sys.version_info[:3], str(tmp_path / "env")
    )


def test_name_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = answering(tmp_path / "python4.2", *CPYTHON)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert check("python4.2").path == str(path)


def test_path_from_home_and_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path = answering(tmp_path / "bin" / "python", *CPYTHON)
    assert check("~/bin/python").path == check("bin/python").path == check(".").path == str(path)


def test_what_the_environment_does_to_a_python_is_kept_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise ImportError")
    (tmp_path / "sitecustomize.py").write_text("print('hello')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert check(sys.executable).path == sys.executable


# ---------------------------------------------------------------- find


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which `find` looks at `one`, `two` and nothing else."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, (tmp_path / "one", tmp_path / "two"))))
    find.cache_clear()
    yield tmp_path
    find.cache_clear()


def found(places: Path) -> list[str]:
    """What is found after the own one."""
    own, *others = find()
    assert own == check(sys.executable)
    return [os.path.relpath(other.path, places) for other in others]


def test_own_comes_first(places: Path) -> None:
    answering(places / "one" / "python3", *CPYTHON)
    assert found(places) == ["one/python3"]


def test_own_alone(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATH")
    assert found(places) == []


def test_several_names_are_one(places: Path) -> None:
    answering(places / "one" / "python3", *CPYTHON)
    answering(places / "one" / "python3.12", *CPYTHON)
    (places / "two").symlink_to(places / "one")
    (places / "one" / "python3.11").symlink_to(sys.executable)
    assert found(places)[0] == "one/python3"
    assert len({(i.prefix, i.version) for i in find()}) == len(find())


def test_versions_that_share_a_prefix(places: Path) -> None:
    """As those of a Linux distribution do, under /usr."""
    answering(places / "one" / "python3", "CPython", [3, 12, 1])
    answering(places / "one" / "python3.9", "CPython", [3, 9, 2])
    assert found(places) == ["one/python3", "one/python3.9"]


def test_what_cannot_run_programs_is_left_out(places: Path) -> None:
    script(places / "one" / "python3", "exit 127")
    answering(places / "two" / "python3", *CPYTHON)
    answering(places / "two" / "python3.7", "CPython", [3, 7, 1], prefix="/there")
    (places / "two" / "python3.13").mkdir()
    assert found(places) == ["two/python3"]


def test_virtual_environment_comes_before_path(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(places / "one" / "python3", *CPYTHON)
    answering(places / "env" / "bin" / "python", *CPYTHON, prefix="/env")
    monkeypatch.setenv("VIRTUAL_ENV", str(places / "env"))
    assert found(places) == ["env/bin/python", "one/python3"]


def test_nothing_of_the_current_folder_is_run(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(places / "python3", "touch was-run")
    monkeypatch.chdir(places)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", str(places / "one")]))
    assert found(places) == []
    assert not (places / "was-run").exists()


# ---------------------------------------------------------------- packaged


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an app, as if this process were one."""
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    return tmp_path


def test_own_python_is_packaged_with_it(packaged: Path) -> None:
    assert python_installations.packaged() == packaged
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert python_installations.own() == str(packaged / "python" / "bin" / f"python{version}")


@pytest.mark.parametrize(("before", "after"), [("/mine:/yours", "/mine:/yours"), ("", None), (None, None)])
def test_library_path_is_as_it_was(
    before: str | None, after: str | None, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(packaged))
    if before is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    variables = python_installations.environment()
    assert variables.get("LD_LIBRARY_PATH") == after
    assert "LD_LIBRARY_PATH_ORIG" not in variables


def test_of_packaging_nothing_is_left(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LD_LIBRARY_PATH", "LD_LIBRARY_PATH_ORIG"):
        monkeypatch.delenv(name, raising=False)
    mine = {"MINE": "1", "PYI": "2", "DYLD_LIBRARY_PATH": "/mine", "HTTP_ORIG": "3"}
    for name, value in mine.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    monkeypatch.setenv("_PYI_ARCHIVE_FILE", str(packaged / "rocketgui"))
    monkeypatch.setenv("_PYI_APPLICATION_HOME_DIR", str(packaged))
    assert python_installations.environment() == before


def test_elsewhere_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LD_LIBRARY_PATH", "LD_LIBRARY_PATH_ORIG", "_PYI_ARCHIVE_FILE"):
        monkeypatch.setenv(name, "/mine")
    assert python_installations.packaged() is None
    assert python_installations.own() == sys.executable
    assert python_installations.environment() == dict(os.environ)


# ---------------------------------------------------------------- for programs of the user's


def test_programs_run_with_the_active_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert python_installations.for_scripts() == python_installations.own()
    folder = tmp_path / "environment"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setenv("VIRTUAL_ENV", str(folder))
    assert python_installations.for_scripts() == str(folder / "bin" / "python")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "gone"))
    assert python_installations.for_scripts() == python_installations.own()


def test_a_packaged_app_prefers_the_users_python(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    places = packaged / "places"
    places.mkdir()
    monkeypatch.setenv("PATH", str(places))
    assert python_installations.for_scripts() == python_installations.own()
    (places / "python3").symlink_to(sys.executable)
    assert python_installations.for_scripts() == str(places / "python3")
