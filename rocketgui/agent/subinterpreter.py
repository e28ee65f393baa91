"""The agent of an interpreter that is not the process's first: one of `concurrent.interpreters`, from Python 3.14 on.

It samples values and notes printed lines, in a trace buffer of its own. The buffer's header names the thread that made
the interpreter: the system knows of that thread only. The agent of the first interpreter notes everything else.

    began           Python imports sitecustomize in each interpreter
    main module     `Interpreter.call` runs it under another name, and then keeps only what its functions refer to; the
                    audit event "exec" reports that run
    first line      the audit event "pickle.find_class": the function is looked up in the main module
    end             the first function that Python calls when the interpreter shuts down
"""

from __future__ import annotations

import _thread
import atexit
import os
import sys
import time

from . import trace_format
from .control_block import ControlBlockReader
from .hooks import multiprocessing
from .hooks.streams import Recorder
from .sampling_thread import SamplingThread
from .trace_buffer import TraceBuffer
from .watched_variables import WatchedVariables

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any, Sequence

#: The name under which `Interpreter.call` runs the main module.
MAIN = "<fake __main__>"


class SubinterpreterAgent:
    """The agent of one further interpreter."""

    def __init__(self, directory: str, watch: list[str]) -> None:
        native = _thread.get_native_id()
        self._trace_buffer = TraceBuffer(directory, os.getpid(), os.getppid(), native)
        #: The globals of the main module, as functions that are called here see them; None until it was run here.
        self._names: dict[str, Any] | None = None
        self._entered = self._over = False
        who = "%d:i%d" % (os.getpid(), native)
        self._variables = WatchedVariables(self._trace_buffer, watch, tuple, lambda: self._names, self._note_error)
        self._recorder = Recorder(self._note_lines, self._note_error)
        self._control_block = ControlBlockReader(directory)
        self._control_block.poll()
        self._generation = self._control_block.generation
        self._sampling_thread = SamplingThread(
            self._variables, self._control_block, tuple, (self._periodic_task,), who, self._recorder.tick
        )
        self._trace_buffer.event(trace_format.BEGAN, time.monotonic_ns(), sys.version.split()[0], 1, "interpreter", "")

    def follow(self) -> None:
        """Put the hooks in place, then sample."""
        sys.meta_path.insert(0, self)
        sys.addaudithook(self._hear)
        # Without `threading`, the end of an interpreter begins with these functions.
        atexit.register(self._end)
        self._recorder.attach()
        self._sampling_thread.start()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Called by Python as a finder on sys.meta_path: have `threading` patched once it is loaded. With `threading`,
        the end of an interpreter begins with its own exit functions and a wait for all threads."""
        if name != "threading":
            return None
        try:
            spec = multiprocessing.found_by_others(self, name, path, target)
            if spec is not None:
                multiprocessing.after_loading(spec.loader, self._patch)
        except Exception as error:
            self._note_error(error)
            return None  # Python asks the other finders
        return spec

    def _patch(self, threading: Any) -> None:
        try:
            threading._register_atexit(self._end)
        except Exception as error:
            self._note_error(error)

    def _note_lines(self, t_ns: int, stream: str, thread: int, lines: Sequence[str], dropped: int) -> None:
        self._trace_buffer.output(t_ns, stream, lines, dropped)

    def _periodic_task(self, now: int) -> None:
        if self._control_block.generation != self._generation:  # see agent.py
            self._generation = self._control_block.generation
            self._variables.say_names()
            self._write_overhead(now)

    def _write_overhead(self, now: int) -> None:
        sampler = self._sampling_thread
        self._trace_buffer.event(trace_format.OVERHEAD, now, sampler.cpu_ns / 1e9, sampler.errors, sampler.last_error)

    def _note_error(self, error: Exception) -> None:
        self._sampling_thread.note_error(error)

    def _hear(self, event: str, arguments: Any) -> None:
        if event in ("exec", "pickle.find_class"):
            try:
                self._heard(event, arguments)
            except Exception as error:
                self._note_error(error)

    def _heard(self, event: str, arguments: Any) -> None:
        if event == "exec":
            main = sys.modules.get(MAIN)
            if main is not None:
                self._names = main.__dict__
        elif event == "pickle.find_class" and not (self._entered or self._over):
            # The first lookup in the main module fails, and makes `Interpreter.call` run it.
            self._entered = self._names is not None or arguments[0] != "__main__"
            if self._entered:
                self._variables.sample()
                self._trace_buffer.event(trace_format.TARGET_ENTERED, time.monotonic_ns())

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        sampler = self._sampling_thread
        try:
            self._trace_buffer.event(trace_format.TARGET_LEFT, time.monotonic_ns())
            sampler.stop()
            self._variables.look()
            self._variables.sample()
            self._names = None
            self._recorder.flush()
            self._write_overhead(time.monotonic_ns())
        except Exception as error:
            sampler.note_error(error)
