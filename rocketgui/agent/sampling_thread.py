"""The agent's one thread: at each deadline it obeys the control block, reads the watched values, and sleeps again.

The thread is started with `_thread`, so that `threading` does not count it among the program's own threads.

Tested by tests/agent/test_errors.py.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import os
import sys
import time

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any, Callable, Sequence

    from .control_block import ControlBlockReader
    from .watched_variables import WatchedVariables


NS = 1_000_000_000
_LONG = 3600 * NS
#: How long `stop` waits for the thread to end, in s; usually the thread takes some 50 us.
PATIENCE_S = 1.0


class SamplingThread:
    """Samples the watched variables `values` from a thread, which ends before each fork of the process and begins again
    after it.

    `alive()` gives the program's threads and their numbers. `tick()` is called at each sample, each of `periodic` about
    ten times a second, with the time in ns. `interpreter` is the WHO (PID:iN) of a further interpreter on the control
    block, empty for the first interpreter of a process.
    """

    def __init__(
        self,
        values: WatchedVariables,
        control_block: ControlBlockReader,
        alive: Callable[[], Sequence[tuple[Any, int]]],
        periodic: Sequence[Callable[[int], None]],
        interpreter: str = "",
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._variables = values
        self._control_block = control_block
        self._alive = alive
        self._periodic = periodic
        self._tick = tick
        self._held: list[tuple[str, str, int | float]] = []
        self._interpreter = interpreter
        #: The WHO of settings that concern the main module's names here; see `trace_format`.
        self._who: tuple[str, ...] = ()
        self._handle: Any = None
        self._wake: _thread.LockType | None = None
        self._gone: _thread.LockType | None = None
        self._tid: int | None = None
        self._pid = 0
        self._cpu_before = 0
        self._cpu_now = 0
        self._late = _LONG
        #: How many errors of the agent's own were counted, and the last of them.
        self.errors = 0
        self.last_error = ""

    @property
    def cpu_ns(self) -> int:
        """CPU time of this thread, and of those before it, so far in ns."""
        return self._cpu_before + self._cpu_now

    def start(self) -> None:
        """Begin to sample. Where the system gives no more threads, the error is counted, and only first and last values
        are noted."""
        if self._wake is not None:
            return
        self._cpu_before += self._cpu_now
        self._cpu_now = 0
        wake, gone = _thread.allocate_lock(), _thread.allocate_lock()
        wake.acquire()
        gone.acquire()
        self._tid = None
        try:
            _without_signals(lambda: self._begin(wake, gone))
        except RuntimeError as error:
            self.note_error(error)
            return
        self._wake, self._gone = wake, gone
        self._pid = os.getpid()

    def _begin(self, wake: _thread.LockType, gone: _thread.LockType) -> None:
        if self._interpreter:
            # A thread that is left at an interpreter's end is fatal to the process. This kind can be joined.
            begin: Any = getattr(_thread, "start_joinable_thread")  # noqa: B009 older Pythons have none
            self._handle = begin(lambda: self._run(wake, gone), daemon=False)
        else:
            _thread.start_new_thread(self._run, (wake, gone))

    def stop(self, entirely: bool = False) -> None:
        """End the thread. With `entirely`, on Linux, also wait until the system no longer lists the thread, so that the
        agent adds no thread to a process that forks."""
        wake, gone = self._wake, self._gone
        if wake is None or gone is None:
            return
        self._wake = self._gone = None
        if self._pid != os.getpid():
            return  # a child of a fork without hooks: the thread is in the parent only
        wake.release()
        gone.acquire(True, PATIENCE_S)
        if self._handle is not None:
            self._handle.join()
            return
        if not entirely or self._tid is None or not sys.platform.startswith("linux"):
            return
        task = "/proc/self/task/%d" % self._tid
        for _ in range(2000):  # some 0.1 s at most; usually some 50 us
            if not os.path.exists(task):
                return
            time.sleep(0.00005)

    def take_lateness(self) -> int:
        """The shortest delay in ns between a deadline and the thread's turn, since the last call of this. While another
        thread runs Python code, that is the time which it takes to release the GIL. An hour: there was no turn."""
        late, self._late = self._late, _LONG
        return max(late, 0)

    def forget(self) -> None:
        """In a forked child: forget the thread, which is not in the child."""
        self._wake = self._gone = None

    def note_error(self, error: Exception) -> None:
        """Count an error of the agent's own, which must neither reach the program nor be lost."""
        self.errors += 1
        self.last_error = type(error).__name__
        try:
            self.last_error += ": %s" % error
        except Exception:
            pass  # the __str__ of an exception class of the program's failed

    def _run(self, wake: _thread.LockType, gone: _thread.LockType) -> None:
        try:
            self._tid = getattr(_thread, "get_native_id", lambda: None)()
            self._loop(wake)
        except Exception as error:
            self.note_error(error)
        finally:
            self._cpu_now = time.thread_time_ns()
            gone.release()

    def _loop(self, wake: _thread.LockType) -> None:
        control_block = self._control_block
        control_block.poll()
        # Also without a change: a forked child has the settings that its parent last read.
        period = self._obey()
        now = time.monotonic_ns()
        deadline = periodic_due = now
        while True:
            try:
                if control_block.poll():
                    period = self._obey()
                if self._held:
                    self._hold()
                self._variables.sample()
                self._tick()
            except Exception as error:
                self.note_error(error)
            if now >= periodic_due:
                periodic_due = now + NS // 10
                self._cpu_now = time.thread_time_ns()
                self._do_periodic(now)
            deadline += period
            now = time.monotonic_ns()
            if deadline <= now:
                deadline = now + period
            if wake.acquire(True, (deadline - now) / NS):
                return
            now = time.monotonic_ns()
            self._late = min(self._late, now - deadline)

    def _do_periodic(self, now: int) -> None:
        try:
            self._variables.look()
        except Exception as error:
            self.note_error(error)
        for periodic in self._periodic:
            try:
                periodic(now)
            except Exception as error:  # the other functions are called all the same
                self.note_error(error)

    def _obey(self) -> int:
        """Take over the settings of the control block for this process; return the time between samples in ns."""
        mine = str(os.getpid())
        self._who = ("0", self._interpreter or mine)
        self._held = [held for held in self._control_block.settings if held[0].partition(":")[0] in ("0", mine)]
        return int(NS / self._control_block.rate)

    def _hold(self) -> None:
        names = self._variables.names()
        if names is not None:
            _hold(names, {name: value for who, name, value in self._held if who in self._who})
        for thread, number in self._alive():
            whose = "%d:%d" % (os.getpid(), number)
            held = {name: value for who, name, value in self._held if who in ("0", whose)}
            _hold(object.__getattribute__(thread, "__dict__"), held)


def _without_signals(begin: Callable[[], None]) -> None:
    """Start a thread with all signals blocked. Otherwise the system could deliver to it signals that the program blocks
    for itself."""
    mask = getattr(_signal, "pthread_sigmask", None)
    if mask is None:
        begin()
        return
    before = mask(_signal.SIG_BLOCK, ())
    try:
        mask(_signal.SIG_BLOCK, _signal.valid_signals())
        begin()
    finally:
        mask(_signal.SIG_SETMASK, before)


def _hold(names: dict[str, Any], held: dict[str, int | float]) -> None:
    for name, value in held.items():
        found = names.get(name)
        # Types first: to compare values could call code of the program's.
        if name in names and (type(found) is not type(value) or found != value):
            names[name] = value
