"""The Pythons that can run a program: the one that belongs to rocketgui, and those that the user has.

A packaged rocketgui is no Python that could run a program, so one comes with it, in the folder `python`. What packaging
changes in the environment is undone for whatever is started.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rocketgui.system import safe_path

#: The agent's syntax; below it, Python has changed too much.
OLDEST = (3, 8)
PATIENCE_S = 20.0
#: What PyInstaller changes so that a packaged program finds its own libraries; what was there has _ORIG at its end.
_LIBRARY_PATH = "LD_LIBRARY_PATH"
#: On Windows a program of the console opens one, which a window without one does not want to flash up.
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_ASK = (
    "import json, platform, sys;"
    "gil = getattr(sys, '_is_gil_enabled', lambda: True)();"
    "print(json.dumps([platform.python_implementation(), sys.version_info[:3], sys.executable, sys.prefix, gil]))"
)


class NoPython(ValueError):
    """A Python that cannot run programs here; the text is one sentence that says why."""


class PythonInstallation(NamedTuple):
    """A Python that starts. `version`: as in (3, 11, 7); `prefix`: its installation or virtual environment; `gil`: if
    its threads take turns."""

    path: str
    version: tuple[int, ...]
    prefix: str
    gil: bool = True

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))}"


def packaged() -> Path | None:
    """The folder of a packaged rocketgui; None in a checkout or an installed one."""
    folder = getattr(sys, "_MEIPASS", None)
    return None if folder is None else Path(folder)


def own() -> str:
    """The path of the Python that belongs to rocketgui: the one that runs it, or the one packaged with it."""
    folder = packaged()
    if folder is None:
        return sys.executable
    if os.name == "nt":
        return str(folder / "python" / "python.exe")
    return str(folder / "python" / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def for_scripts() -> str:
    """The path of the Python that runs a user's program unless they name another: the active virtual environment's, or
    rocketgui's own. A packaged rocketgui prefers the one on PATH to its own, which has nothing installed."""
    for path in candidates_for_scripts():
        with contextlib.suppress(NoPython):
            return check(path).path
    return own()


def candidates_for_scripts() -> list[str]:
    """The Pythons that `for_scripts` tries before rocketgui's own, best first. They are not started: one may be no
    Python, or too old."""
    active = os.environ.get("VIRTUAL_ENV")
    if active and os.path.realpath(active) == os.path.realpath(sys.prefix):
        return []
    found = []
    for path in filter(None, (active, "python3" if packaged() else None, "python" if packaged() else None)):
        with contextlib.suppress(NoPython):
            found.append(_executable(path))
    return found


def known(path: str) -> PythonInstallation:
    """What a Python is. rocketgui's own is known without starting it.

    Raises:
        NoPython: see `check`.
    """
    if path != own():
        return check(path)
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return PythonInstallation(path, sys.version_info[:3], sys.prefix, gil)


def environment() -> dict[str, str]:
    """The environment as it was before rocketgui, packaged or not, changed it: for everything that is started."""
    variables = dict(os.environ)
    safe_path.undo(variables)
    if not getattr(sys, "frozen", False):
        return variables
    before = variables.pop(f"{_LIBRARY_PATH}_ORIG", None)
    variables.pop(_LIBRARY_PATH, None)
    if before:
        variables[_LIBRARY_PATH] = before
    return {name: value for name, value in variables.items() if not name.startswith("_PYI_")}


def check(path: str) -> PythonInstallation:
    """Ask a Python what it is. `path` may be a name on PATH, a file, or a virtual environment's folder.

    Raises:
        NoPython: it does not start, or cannot run programs here.
    """
    found = _executable(path)
    try:
        done = subprocess.run(
            [found, "-I", "-c", _ASK], env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=PATIENCE_S, check=True, creationflags=_NO_WINDOW,
        )  # fmt: skip
    except subprocess.CalledProcessError:
        raise NoPython(f"{path} does not start as a Python 3 does") from None
    except subprocess.TimeoutExpired:
        raise NoPython(f"{path} did not answer within {PATIENCE_S:.0f} s") from None
    except OSError as error:
        raise NoPython(f"{path} cannot be run: {error.strerror or error}") from None
    implementation, version, executable, prefix, gil = _understood(path, done.stdout)
    if implementation != "CPython":
        raise NoPython(f"{path} is {implementation}; only CPython can be observed")
    if version < OLDEST:
        raise NoPython(f"{path} is Python {version[0]}.{version[1]}; 3.8 is the oldest that can be observed")
    return PythonInstallation(executable or found, version, prefix, gil)


def _understood(path: str, answer: bytes) -> tuple[str, tuple[int, ...], str, str, bool]:
    """What `_ASK` printed: the implementation, its version, the executable, the prefix, and if it has a GIL."""
    try:
        match json.loads(answer):
            case [str(implementation), [int(), int(), int()] as version, str(executable), str(prefix), bool(gil)]:
                return implementation, tuple(version), executable, prefix, gil
    except ValueError:
        pass
    raise NoPython(f"{path} does not answer as a Python does")


def _executable(path: str) -> str:
    """The file to run for what a user typed. By os.path, which takes what is too long or forbidden for missing."""
    typed = os.path.expanduser(path)
    if os.path.isdir(typed):
        for inside in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
            if os.path.exists(os.path.join(typed, inside)):
                return os.path.abspath(os.path.join(typed, inside))
        raise NoPython(f"there is no Python in the folder {path}")
    found = shutil.which(typed)
    if found is not None:
        return os.path.abspath(found)
    if os.path.exists(typed):
        raise NoPython(f"{path} is not a program")
    raise NoPython(f"there is no program {path}" if path else "no Python is named")


@functools.cache
def find() -> tuple[PythonInstallation, ...]:
    """The Pythons at hand: rocketgui's own first, then the active virtual environment's and those on PATH. One that
    cannot run programs is left out, and one that has several names comes once. All are asked at the same time."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        answers = pool.map(_checked, (own(), *_candidates()))
    found: dict[tuple[str, tuple[int, ...]], PythonInstallation] = {}
    for interpreter in filter(None, answers):
        # Those of a Linux distribution all have the prefix /usr.
        found.setdefault((os.path.realpath(interpreter.prefix), interpreter.version), interpreter)
    return tuple(found.values())


def _checked(path: str) -> PythonInstallation | None:
    try:
        return check(path)
    except NoPython:
        return None


def _candidates() -> Iterator[str]:
    active = os.environ.get("VIRTUAL_ENV")
    if active:
        yield active
    names = ["python.exe"] if os.name == "nt" else ["python3", *(f"python3.{minor}" for minor in range(8, 30))]
    # An empty entry means the current folder: whatever lies there is not run unasked.
    folders = filter(os.path.isabs, os.environ.get("PATH", "").split(os.pathsep))
    for folder in dict.fromkeys(map(os.path.realpath, folders)):
        for name in names:
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                yield path
