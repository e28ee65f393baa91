"""Starts the agent. Python imports this file at start, because its directory is first on PYTHONPATH.

The program finds sys.path, os.environ and its own sitecustomize as if this file had never been there. The real
environment keeps PYTHONPATH, so that each Python which the program starts imports this file too.

Tested by tests/agent/test_transparency.py.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any


def _begin() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    before = set(sys.modules)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    for name in "_rocketgui_agent", "_rocketgui_agent.hooks":  # made here: a start pays for each file that is read
        package = type(sys)(name)
        package.__path__ = [os.path.join(os.path.dirname(here), *name.split(".")[1:])]
        sys.modules[name] = package
    try:
        from _rocketgui_agent import agent, trace_format  # type: ignore[import-not-found]

        try:
            agent.begin()
        finally:
            if os.name != "nt":  # on Windows, children get what os.environ holds and nothing else
                _hide(trace_format)
    except Exception as error:
        # The program must run all the same; the collector sees and counts a process that does not report.
        if os.environ.get("ROCKETGUI_DEBUG"):
            sys.stderr.write("rocketgui: no agent in process %d: %r\n" % (os.getpid(), error))
    finally:
        _give_back(before)


def _give_back(before: Any) -> None:
    """Remove the modules that were imported here from sys.modules: the program may have its own of the same names."""
    for name in set(sys.modules) - before:
        if name not in sys.builtin_module_names and name.partition(".")[0] != "_rocketgui_agent":
            del sys.modules[name]


def _hide(trace_format: Any) -> None:
    """Show the program the environment that it would have alone, while children still get the real one."""
    # os.environ is a copy of the real environment: to delete from its dictionary leaves the real one unchanged.
    environ = os.environ
    names = environ._data  # type: ignore[attr-defined]
    original = environ.get(trace_format.ENV_PYTHONPATH)
    ours = (
        trace_format.ENV_RUN,
        trace_format.ENV_WATCH,
        trace_format.ENV_PID,
        trace_format.ENV_OWNER,
        trace_format.ENV_PYTHONPATH,
    )
    for name in (*ours, "PYTHONPATH"):
        names.pop(environ.encodekey(name), None)
    if original is not None:
        names[environ.encodekey("PYTHONPATH")] = environ.encodevalue(original)


def _chain() -> None:
    """Import the sitecustomize that this file hides, if there is one."""
    own = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        if own is not None:
            sys.modules["sitecustomize"] = own


_begin()
_chain()
