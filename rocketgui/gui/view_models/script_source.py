"""A program of the user's as the window shows it: what it is called, where it lies, and its text. Pure functions."""

from __future__ import annotations

import os
import stat
import tokenize
from pathlib import Path

from rocketgui.protocol.launch_spec import Script

#: Bytes. A longer file is hardly a program that somebody wrote, and would keep the window busy.
_LONGEST = 2_000_000


def is_module(script: Script) -> bool:
    """Whether it is named as a module, by `-m`, and not by its file."""
    return script.argv[0] == "-m"


def name_of(script: Script) -> str:
    """What it is called: `two.py`, or the name of the module."""
    return script.argv[1] if is_module(script) else Path(script.argv[0]).name or script.argv[0]


def arguments_of(script: Script) -> tuple[str, ...]:
    """What the program itself is told."""
    return script.argv[2:] if is_module(script) else script.argv[1:]


def with_arguments(script: Script, arguments: tuple[str, ...], watch: tuple[str, ...]) -> Script:
    """The same program with other arguments and other values to watch."""
    return script._replace(argv=script.argv[: 2 if is_module(script) else 1] + arguments, watch=watch)


def folder_of(script: Script) -> Path:
    """The folder that it lies in; of a module, the one in which Python looks for it first."""
    return Path.cwd() if is_module(script) else Path(script.argv[0]).absolute().parent


def file_of(script: Script) -> Path | None:
    """The file that runs; None for a module that lies elsewhere, which only its own Python finds."""
    if is_module(script):
        module_path = Path(*script.argv[1].split("."))
        found = (module_path.with_suffix(".py"), module_path / "__main__.py")
        return next((file for file in found if file.is_file()), None)
    file = Path(script.argv[0])
    return file / "__main__.py" if file.is_dir() else file


def current_folder() -> str:
    """The folder in which rocketgui runs, unless it was deleted."""
    try:
        return os.getcwd()
    except OSError:
        return "that rocketgui was started in, which is gone"


def read(script: Script) -> tuple[str, str]:
    """Its text, and a sentence that says why there is none; one of them is empty."""
    file = file_of(script)
    if file is None:
        return "", f"The module {name_of(script)} is not in this folder: its Python finds it, and only it knows where."
    try:
        found = os.stat(file)
        if not stat.S_ISREG(found.st_mode):
            return "", f"{file.name} is no regular file, which could be shown."
        if found.st_size > _LONGEST:
            return "", f"{file.name} is too long to be shown; it runs all the same."
        with tokenize.open(file) as opened:
            return opened.read(), ""
    except OSError as error:
        return "", f"{file.name} cannot be read: {error.strerror or error}."
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return "", f"{file.name} is not text in the encoding that it names, or in UTF-8."


def refusal(paths: list[Path]) -> str:
    """Why these files cannot be opened as a program, in one sentence; empty if they can: it has to be one .py file."""
    if len(paths) != 1:
        return (
            "Open one program at a time." if paths else "Only a file can be opened: a program, whose name ends in .py."
        )
    (path,) = paths
    if path.suffix.lower() not in (".py", ".pyw"):
        return f"{path.name} is no Python program: its name does not end in .py."
    if not path.is_file():
        return f"There is no file {path}."
    return ""
