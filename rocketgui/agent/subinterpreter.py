"""The agent of an interpreter that is not the process's first: one of `concurrent.interpreters`, from Python 3.14 on.

It samples and notes what is printed, into a trace buffer of its own that names the thread which made the interpreter:
that thread is what is seen of it. All else is told by the agent of the first interpreter.

    began           Python imports sitecustomize in each interpreter
    main module     run by `Interpreter.call` under another name, and then forgotten but for what its functions refer
                    to; seen at the audit event of that run
    first line      the function has just been looked up in the main module: an audit event too
    end             the first thing of the interpreter's shutdown
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

#: What `Interpreter.call` runs the main module as.
MAIN = "<fake __main__>"


class SubinterpreterAgent:
    """The agent of one further interpreter."""

    def __init__(self, directory: str, watch: list[str]) -> None:
        native = _thread.get_native_id()
        self._trace_buffer = TraceBuffer(directory, os.getpid(), os.getppid(), native)
        #: The global names of the main module, as functions see them that were called here; None: it was not run yet.
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
        # Without `threading`, an interpreter's end begins with this.
        atexit.register(self._end)
        self._recorder.attach()
        self._sampling_thread.start()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Part of sys.meta_path, for `threading`: with it, an interpreter's end begins by waiting for all its
        threads."""
        if name != "threading":
            return None
        try:
            spec = multiprocessing.found_by_others(self, name, path, target)
            if spec is not None:
                multiprocessing.after_loading(spec.loader, self._patch)
        except Exception as error:
            self._note_error(error)
            return None  # the others are asked by Python itself
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
            # The first look into the main module finds no such name yet, and has it run.
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
