"""Distinguishes the agent's own errors from an exception that a signal handler of the program raises while the agent's
code runs. The latter has to reach the program, as it would without the agent.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from types import FrameType, TracebackType

#: The directory of the agent's own files.
AGENT = os.path.dirname(os.path.abspath(__file__)) + os.sep
_FRAME = type(sys._getframe())
_VARARGS = 0x04  # inspect.CO_VARARGS


def outside(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback without the entries at its beginning whose frames are the agent's."""
    while traceback is not None and _is_agents(traceback.tb_frame):
        traceback = traceback.tb_next
    return traceback


def comes_from_handler(error: BaseException) -> bool:
    """Whether a signal handler of the program's raised an error that was caught in the agent. A handler is known by its
    arguments: only a handler is called with the frame that it interrupts."""
    entry = error.__traceback__
    while entry is not None:
        if not _is_agents(entry.tb_frame) and _has_frame(entry.tb_frame):
            return True
        entry = entry.tb_next
    return False


def _is_agents(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(AGENT)


def _has_frame(frame: FrameType) -> bool:
    """Whether a frame object is among the arguments of the function that runs in `frame`."""
    code, values = frame.f_code, frame.f_locals
    found = [values.get(name) for name in code.co_varnames[: code.co_argcount]]
    if code.co_flags & _VARARGS:
        more = values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
        found.extend(more if type(more) is tuple else ())
    return any(type(value) is _FRAME for value in found)
