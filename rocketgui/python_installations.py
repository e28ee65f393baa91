"""The Python installations that can run a program: rocketgui's own, and those of the user.

The executable of a packaged rocketgui cannot run a Python program, so a Python is packaged with it, in the folder
`python`. Changes that packaging makes in the environment are undone for programs that are started.
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

#: The oldest version that can be observed: the agent uses its syntax.
OLDEST = (3, 8)
PATIENCE_S = 20.0
#: The variable that PyInstaller changes so that a packaged program finds its libraries. It keeps the value before in a
#: variable with _ORIG at its end.
_LIBRARY_PATH = "LD_LIBRARY_PATH"
#: On Windows, this keeps a Python that is asked from opening a console.
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_ASK = (
    "import json, platform, sys;"
    "gil = getattr(sys, '_is_gil_enabled', lambda: True)();"
    "print(json.dumps([platform.python_implementation(), sys.version_info[:3], sys.executable, sys.prefix, gil]))"
)


class NoPython(ValueError):
    """A Python that cannot run programs here; the text is one sentence that says why."""


class PythonInstallation(NamedTuple):
    """A Python that starts. `version`: as in (3, 11, 7); `prefix`: the folder of its installation or virtual
    environment; `gil`: whether it has a GIL."""

    path: str
    version: tuple[int, ...]
    prefix: str
    gil: bool = True

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))}"


def packaged() -> Path | None:
    """The folder of a packaged rocketgui; None in a checkout, or where rocketgui is installed as a Python package."""
    folder = getattr(sys, "_MEIPASS", None)
    return None if folder is None else Path(folder)


def own() -> str:
    """The path of rocketgui's own Python: the one that runs rocketgui, or the one packaged with it."""
    folder = packaged()
    if folder is None:
        return sys.executable
    if os.name == "nt":
        return str(folder / "python" / "python.exe")
    return str(folder / "python" / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def for_scripts() -> str:
    """The path of the Python that runs a user's script unless the user names another: the active virtual environment's,
    or else rocketgui's own. A packaged rocketgui prefers a Python on PATH to its own, which has no packages
    installed."""
    for path in candidates_for_scripts():
        with contextlib.suppress(NoPython):
            return check(path).path
    return own()


def candidates_for_scripts() -> list[str]:
    """The paths that `for_scripts` tries before rocketgui's own Python, best first. They are not started: one may not
    be a Python, or be too old."""
    active = os.environ.get("VIRTUAL_ENV")
    if active and os.path.realpath(active) == os.path.realpath(sys.prefix):
        return []
    found = []
    for path in filter(None, (active, "python3" if packaged() else None, "python" if packaged() else None)):
        with contextlib.suppress(NoPython):
            found.append(_executable(path))
    return found


def known(path: str) -> PythonInstallation:
    """The installation of the Python at a path. rocketgui's own is not started for this.

    Raises:
        NoPython: see `check`.
    """
    if path != own():
        return check(path)
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return PythonInstallation(path, sys.version_info[:3], sys.prefix, gil)


def environment() -> dict[str, str]:
    """The environment as it was before rocketgui, packaged or not, changed it: for programs that are started."""
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
    """Start a Python to find its version, prefix and GIL. `path` may be a name on PATH, a file, or the folder of a
    virtual environment. Takes at most `PATIENCE_S`.

    Raises:
        NoPython: it does not start, does not answer, is not CPython, or is too old.
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
    """The output of `_ASK`: implementation, version, executable, prefix, and whether there is a GIL.

    Raises:
        NoPython: the output is something else.
    """
    try:
        match json.loads(answer):
            case [str(implementation), [int(), int(), int()] as version, str(executable), str(prefix), bool(gil)]:
                return implementation, tuple(version), executable, prefix, gil
    except ValueError:
        pass
    raise NoPython(f"{path} does not answer as a Python does")


def _executable(path: str) -> str:
    """The path of the file to run for a path or name that a user typed. By os.path, for which a path that is too long
    or may not be read does not exist.

    Raises:
        NoPython: there is no such program.
    """
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
    """The Python installations on this machine: rocketgui's own first, then the active virtual environment's and those
    on PATH. Those that cannot run programs are left out; one with several names is listed once. All are started at the
    same time."""
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
    # An empty entry means the current folder: a program there is not run unless the user asks for it.
    folders = filter(os.path.isabs, os.environ.get("PATH", "").split(os.pathsep))
    for folder in dict.fromkeys(map(os.path.realpath, folders)):
        for name in names:
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                yield path
