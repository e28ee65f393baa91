"""Starts the agent in a process that belongs to a run, and in each further interpreter of that process.

Tested by tests/agent/test_errors.py.
"""

from __future__ import annotations

import os
import sys

from . import trace_format
from .agent import Agent


def is_second_interpreter() -> bool:
    """Whether this process already has an agent, in its main interpreter."""
    if os.environ.get(trace_format.ENV_PID) != str(os.getpid()):
        return False
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            module = __import__(name)
        except ImportError:
            continue
        return bool(module.get_current() != module.get_main())
    return False  # the pid is the same because the process ran exec


def begin() -> None:
    """Start an agent in this interpreter, if its process belongs to a run."""
    directory = os.environ.get(trace_format.ENV_RUN)
    if not directory:
        return
    watch = [name for name in os.environ.get(trace_format.ENV_WATCH, "").split(",") if name]
    if not is_second_interpreter():
        Agent(directory, watch, os.environ.get(trace_format.ENV_OWNER, "")).follow()
    elif sys.version_info >= (3, 14):  # before, only private modules could make interpreters
        from .subinterpreter import SubinterpreterAgent

        SubinterpreterAgent(directory, watch).follow()
