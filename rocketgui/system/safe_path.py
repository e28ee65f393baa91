"""Keeps the current folder, and the folder of the script that was started, off the path of rocketgui's own processes.

Python puts one of them first, so that a file threading.py that happens to lie there is loaded in place of the standard
library's. For a user's program that is as it should be; for rocketgui it would be foreign code. What Python itself
imports before the first line of rocketgui (for `python -m`: runpy and what it needs) is out of reach.

Nothing but sys is imported until the path is clean.
"""

import sys

#: Keeps the current folder off the path of every Python that is started, as the option -P does.
_SAFE_PATH = "PYTHONSAFEPATH"
_PATH = "PYTHONPATH"

#: What `protect` changed in the environment, as it was before; None: it was not there.
_before: "dict[str, str | None]" = {}


def protect() -> None:
    """Clean the path of this process, and have it clean from the start in those that multiprocessing starts for it.

    To be called once, before anything else is imported, and only where the whole process is rocketgui's.
    """
    if getattr(sys, "frozen", False):
        return  # the path of a packaged program, and of its children, holds what is packaged with it alone
    if not sys.flags.safe_path:
        del sys.path[0]
    import os

    if not sys.flags.ignore_environment and os.environ.get(_PATH):
        # An empty entry means the current folder, too; it comes from PYTHONPATH=$PYTHONPATH:folder.
        given = os.environ[_PATH].split(os.pathsep)
        kept = [entry for entry in given if not _is_current(entry)]
        if kept != given:
            sys.path[:] = [entry for entry in sys.path if not _is_current(entry)]
            _change(_PATH, os.pathsep.join(kept))
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if home not in sys.path:
        sys.path.append(home)  # a checkout that is not installed; behind all else, so that it hides nothing
    elif sys.flags.ignore_environment and not sys.flags.safe_path and os.name != "nt":
        os.execv(sys.executable, [sys.executable, "-P", *sys.orig_argv[1:]])  # -E: the children take no variable
    _change(_SAFE_PATH, "1")


def _is_current(folder: str) -> bool:
    import os

    try:
        return os.path.abspath(folder) == os.getcwd()
    except OSError:  # it was deleted
        return not os.path.isabs(folder)


def _change(name: str, value: str) -> None:
    import os

    _before[name] = os.environ.get(name)
    os.environ[name] = value


def undo(variables: "dict[str, str]") -> None:
    """Put back, in an environment for others, what `protect` has changed."""
    for name, value in _before.items():
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = value
