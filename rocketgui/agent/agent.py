"""The agent of a process: it puts the hooks in place, follows the process through forks, and ends with it."""

from __future__ import annotations

import _thread
import atexit
import os
import sys
import time

from . import errors, trace_format
from .control_block import ControlBlockReader
from .hooks import multiprocessing
from .hooks.streams import Recorder
from .hooks.subprocess import SubprocessHooks, words
from .hooks.threading import Threads
from .owner_watchdog import OwnerWatchdog
from .sampling_thread import SamplingThread
from .stack_sampler import StackSampler
from .trace_buffer import NullTraceBuffer, TraceBuffer
from .watched_variables import MainNamespace, WatchedVariables

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from functools import partial
    from typing import Any, Callable, Sequence
else:
    from _functools import partial  # functools would be most of what an agent's start costs

# Imported now, though needed at the end only: by then a module of the program's may have that name.
resource: Any = None  # Windows has none
try:
    import resource
except ImportError:
    pass


#: Whether Python warns when a process with more than one thread forks. It counts the threads after `after_in_parent`.
WARNS_AT_FORK = sys.version_info >= (3, 12)


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


class Agent:
    """The agent of this process. A forked child goes on with the same object, which `_in_child` resets.

    `directory` is the run directory, `watch` the watched names, `owner` the owner's identity (see
    `owner_watchdog.identity`).

    Raises:
        OSError: the trace buffer cannot be made, or the control block cannot be opened.
    """

    def __init__(self, directory: str, watch: list[str], owner: str) -> None:
        self._directory = directory
        self._watch = watch
        self._helper = multiprocessing.helper_name(multiprocessing.command_line())
        # The maps of a forked child's ancestors are kept for good: see mapped_file.map_file.
        self._kept: list[TraceBuffer | NullTraceBuffer] = []
        self._control_block = ControlBlockReader(directory)
        self._threads = Threads(self._event, self._sample_thread, self._note_error)
        self._watchdog = OwnerWatchdog(owner)
        self._subprocess_hooks = SubprocessHooks(
            directory, watch, owner, self._event, self._leaving, self._replacing, self._note_error
        )
        patches = {"threading": self._threads.patch, "subprocess": self._subprocess_hooks.patch}
        self._multiprocessing_hooks = multiprocessing.MultiprocessingHooks(
            self._event, self._resume, self._running, self._leaving, patches, self._threads.failed, self._note_error
        )
        self._recorder = Recorder(
            self._output, self._note_error, self._threads.current, self._multiprocessing_hooks.note_line
        )
        self._threads.starting, self._threads.ended = self._recorder.look, self._recorder.forget_thread
        self._multiprocessing_hooks.listen = self._recorder.listen
        self._exited = False
        self._begin("exec", TraceBuffer(directory, os.getpid(), os.getppid()))

    def follow(self) -> None:
        """Put the hooks in place, then sample. Called once in an interpreter's life."""
        # First, and nothing else if this fails: no forked child may write as its parent.
        self._follow_forks()
        for step in self._follow_imports, self._subprocess_hooks.follow, self._follow_program:
            self._guarded(step)

    def _follow_forks(self) -> None:
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=partial(self._guarded, self._before_fork),
                after_in_parent=partial(self._guarded, self._in_parent),
                after_in_child=partial(self._guarded, self._in_child),
            )
        atexit.register(self._guarded, self._at_exit)

    def _follow_imports(self) -> None:
        sys.meta_path.insert(0, self._multiprocessing_hooks)
        os.putenv(trace_format.ENV_PID, str(os.getpid()))

    def _follow_program(self) -> None:
        if not self._helper:
            self._guarded(self._recorder.attach)
            self._sampling_thread.start()

    def _begin(self, how: str, trace_buffer: TraceBuffer | NullTraceBuffer) -> None:
        self._main_thread = _thread.get_ident()
        self._trace_buffer = trace_buffer
        self._kept.append(trace_buffer)
        self._overhead_due = 0
        self._watchdog.begin(time.monotonic_ns())
        self._control_block.poll()
        self._generation = self._control_block.generation
        periodic = self._multiprocessing_hooks.periodic, self._periodic_task, self._watchdog.look
        self._names = MainNamespace()
        self._variables = WatchedVariables(
            trace_buffer, self._watch, self._threads.alive, self._names.find, self._note_error
        )
        self._sampling_thread = SamplingThread(
            self._variables, self._control_block, self._threads.alive, periodic, tick=self._recorder.tick
        )
        self._stack_sampler = StackSampler(self._main_thread, self._event)
        gil = getattr(sys, "_is_gil_enabled", lambda: True)()
        version = sys.version.split()[0]
        command = words(multiprocessing.command_line()) if how == "exec" else ()
        self._event(trace_format.BEGAN, time.monotonic_ns(), version, int(gil), how, self._helper, *command)
        self._variables.say_names()

    # -- what the parts report

    def _event(self, kind: int, t_ns: int, *texts: object) -> None:
        self._trace_buffer.event(kind, t_ns, *texts)

    def _output(self, t_ns: int, stream: str, thread: int, lines: Sequence[str], dropped: int) -> None:
        self._trace_buffer.output(t_ns, "%s:%d" % (stream, thread) if thread else stream, lines, dropped)

    def _sample_thread(self, thread: Any, number: int) -> None:
        self._variables.sample_thread(thread, number)

    def _guarded(self, function: Callable[[], None]) -> None:
        """Call a function of the agent's: no error in it may reach the program."""
        try:
            function()
        except Exception as error:
            self._note_error(error)

    def _note_error(self, error: Exception) -> None:
        """Count an error of the agent's. An error that the program's signal handler raised is raised again."""
        if errors.comes_from_handler(error):
            error.__traceback__ = errors.outside(error.__traceback__)
            raise error
        self._sampling_thread.note_error(error)

    def _periodic_task(self, now: int) -> None:
        if self._control_block.generation != self._generation:
            # The previous collector may have died before it sent on what it had read from this process.
            self._generation = self._control_block.generation
            self._variables.say_names()
            self._stack_sampler.say_again()
            self._overhead_due = 0
        self._stack_sampler.look(now, self._sampling_thread.take_lateness())
        if now >= self._overhead_due:
            self._overhead_due = now + 1_000_000_000
            self._write_overhead(now)

    def _write_overhead(self, now: int) -> None:
        sampler = self._sampling_thread
        self._event(trace_format.OVERHEAD, now, sampler.cpu_ns / 1e9, sampler.errors, sampler.last_error)

    # -- forks

    def _before_fork(self) -> None:
        self._sampling_thread.stop(entirely=True)
        self._guarded(partial(self._recorder.take, True))
        if WARNS_AT_FORK and not self._helper and not self._multiprocessing_hooks.starting():
            _call_after_forks(partial(self._guarded, self._resume))

    def _in_parent(self) -> None:
        if self._helper:
            return
        if not self._resumes_later():
            self._sampling_thread.start()

    def _resumes_later(self) -> bool:
        """Whether `_resume` will be called later, at the end of a start() or by `_call_after_forks`."""
        if not WARNS_AT_FORK:
            return False
        # Pending calls run in the main thread only. Where another thread forks, Python warns anyhow.
        return self._multiprocessing_hooks.starting() or (
            bool(_calls_after_forks) and _thread.get_ident() == self._main_thread
        )

    def _resume(self) -> None:
        if not self._helper and not self._exited:
            self._sampling_thread.start()

    def _in_child(self) -> None:
        self._trace_buffer.leave()
        for part in self._sampling_thread, self._recorder, self._multiprocessing_hooks, self._threads:
            self._guarded(part.forget)
        if self._helper:
            self._helper = ""
            self._guarded(self._recorder.attach)
        try:
            trace_buffer: TraceBuffer | NullTraceBuffer = TraceBuffer(self._directory, os.getpid(), os.getppid())
        except OSError:
            trace_buffer = (
                NullTraceBuffer()
            )  # its parent's buffer is another process's; the system still shows this one
        self._begin("fork", trace_buffer)
        os.putenv(trace_format.ENV_PID, str(os.getpid()))
        self._exited = isinstance(trace_buffer, NullTraceBuffer)
        if not self._exited:
            self._sampling_thread.start()

    # -- the end

    def _running(self, process: Any) -> None:
        """Sample first values, when a `multiprocessing.Process` is about to run its function, here or in a child."""
        if not self._helper:
            self._variables.give(process)
            self._variables.sample()  # before the sampling thread gets its first turn

    def _replacing(self) -> None:
        """Write the printed text that waits: exec is about to replace this program, or to fail."""
        self._recorder.take(wait=True)

    def _leaving(self, code: str | None) -> None:
        """Write the last values and the CPU time, context switches and memory that this process used. It may be called
        twice; the later record counts."""
        self._sampling_thread.stop()  # os._exit may come next, and would tear what the sampler is writing
        self._multiprocessing_hooks.look_at_children()
        if not self._helper:  # from Python 3.14 on, a fork server also has the main module's names
            self._variables.look()
            self._variables.sample()
        self._recorder.flush()
        self._write_overhead(time.monotonic_ns())
        cpu = time.process_time_ns() / 1e9
        self._event(trace_format.EXITING, time.monotonic_ns(), code, cpu, *_usage())

    def _at_exit(self) -> None:
        if self._exited:
            return
        self._exited = True
        try:
            self._sampling_thread.stop()
            error = getattr(sys, "last_value", None)
            if error is not None:
                self._event(trace_format.FAILED, time.monotonic_ns(), multiprocessing.describe(error))
            self._leaving(None)
        except Exception as error:
            self._note_error(error)
        finally:
            self._names.forget()


def _usage() -> tuple[int | None, int | None, int | None]:
    """Voluntary and involuntary context switches and peak memory in bytes; None on systems without `getrusage`."""
    if resource is None:
        return None, None, None
    used = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_nvcsw, used.ru_nivcsw, used.ru_maxrss * unit


_calls_after_forks: list[Any] = []


def _call_after_forks(function: Callable[[], None]) -> None:
    """From now on, have the main thread call a function right after each `os.fork` has returned there.

    Python 3.13 warns about forks of processes with threads, and counts a thread that begins inside `after_in_parent`.
    So the function becomes a pending call, which runs with the next Python code. Native code adds the pending call, so
    that no Python code runs it before the end of the fork.
    """
    if _calls_after_forks:
        return
    try:
        import ctypes
        from functools import partial
    except ImportError:
        return

    def call(_: object) -> int:
        function()
        return 0

    pending = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(call)
    _calls_after_forks.append(pending)
    os.register_at_fork(after_in_parent=partial(ctypes.pythonapi.Py_AddPendingCall, pending, None))
