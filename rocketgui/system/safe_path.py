"""Keeps the current folder, and the folder of the script that was started, off the path of rocketgui's own processes.

Python puts one of them first on the path, so that a file threading.py there would be loaded in place of the standard
library's. A user's program may rely on this; for rocketgui it would be foreign code. The modules that Python imports
before the first line of rocketgui (for `python -m`: runpy and its imports) cannot be protected.

Nothing but sys is imported until the path is clean.
"""

import sys

#: This variable keeps both folders off the path of every Python that is started, as the option -P does.
_SAFE_PATH = "PYTHONSAFEPATH"
_PATH = "PYTHONPATH"

#: The variables that `protect` has changed -> their values before; None: the variable was not set.
_before: "dict[str, str | None]" = {}


def protect() -> None:
    """Clean sys.path in this process, and, by the environment, in those that multiprocessing starts for it.

    To be called once, before anything else is imported, and only where the whole process is rocketgui's. With the
    option -E the environment has no effect; then this process is executed again with -P.
    """
    if getattr(sys, "frozen", False):
        return  # the path of the packaged app, and of its children, holds only packaged folders
    if not sys.flags.safe_path:
        del sys.path[0]
    import os

    if not sys.flags.ignore_environment and os.environ.get(_PATH):
        # An empty entry also means the current folder; PYTHONPATH=$PYTHONPATH:folder may make one.
        given = os.environ[_PATH].split(os.pathsep)
        kept = [entry for entry in given if not _is_current(entry)]
        if kept != given:
            sys.path[:] = [entry for entry in sys.path if not _is_current(entry)]
            _change(_PATH, os.pathsep.join(kept))
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if home not in sys.path:
        sys.path.append(home)  # a checkout that is not installed; last, so that it hides no other module
    elif sys.flags.ignore_environment and not sys.flags.safe_path and os.name != "nt":
        os.execv(sys.executable, [sys.executable, "-P", *sys.orig_argv[1:]])  # -E: children ignore the variables
    _change(_SAFE_PATH, "1")


def _is_current(folder: str) -> bool:
    import os

    try:
        return os.path.abspath(folder) == os.getcwd()
    except OSError:  # the current folder was deleted
        return not os.path.isabs(folder)


def _change(name: str, value: str) -> None:
    import os

    _before[name] = os.environ.get(name)
    os.environ[name] = value


def undo(variables: "dict[str, str]") -> None:
    """In an environment for other programs, restore the variables that `protect` has changed."""
    for name, value in _before.items():
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = value
