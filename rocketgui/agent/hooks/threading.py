"""Writes the lifecycle events of threads, and leaves no frame in any traceback.

threading keeps two dictionaries: `_limbo` of threads whose start() was called, and `_active` of threads that are alive.
Each event changes one of them, in the thread that it concerns. So dictionaries that report changes replace both.

    starting thread   start() is called    limbo[thread] is set
                      start() fails        limbo[thread] goes, and the thread has no ident
    thread            begins               active[ident] is set
                      first line           limbo[thread] goes, the last thing before run()
                      run() is over        active[ident] goes, the first thing after it
    joining thread    join() ends          a token that is destroyed with the call; see multiprocessing.Until
"""

from __future__ import annotations

import _thread
import sys
import time

# Not from weakref, nor partial from functools: their imports would be most of what an agent's start costs.
from _weakref import ref

from .. import trace_format
from . import multiprocessing

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from functools import partial
    from typing import Any, Callable, Sequence
else:
    from _functools import partial


class _Limbo(dict):  # type: ignore[type-arg]
    """Replaces `threading._limbo`: the threads whose start() was called and that have not begun."""

    threads: Threads

    def __setitem__(self, thread: Any, value: Any) -> None:
        self.threads.guard(self.threads.called, thread)
        dict.__setitem__(self, thread, value)

    def __delitem__(self, thread: Any) -> None:
        dict.__delitem__(self, thread)
        self.threads.guard(self.threads.entered, thread)


class _Active(dict):  # type: ignore[type-arg]
    """Replaces `threading._active`: the threads that are alive, by their ident."""

    threads: Threads

    def __setitem__(self, ident: int, thread: Any) -> None:
        dict.__setitem__(self, ident, thread)
        self.threads.guard(self.threads.began, thread)

    def __delitem__(self, ident: int) -> None:
        thread = self.get(ident)
        dict.__delitem__(self, ident)
        self.threads.guard(self.threads.left, thread)


class Threads:
    """Numbers the threads of this process from 1 on, and writes their lifecycle events.

    `event(kind, t_ns, *texts)` writes a record; `sample(thread, number)` is called before a thread's first line and at
    its end, for its first and last values; `on_error` gets errors of the agent's own. All methods may be called while
    threading holds its own lock.
    """

    def __init__(
        self, event: Callable[..., None], sample: Callable[[Any, int], None], on_error: Callable[[Exception], None]
    ) -> None:
        self._event = event
        self._sample = sample
        self._on_error = on_error
        # By id: a thread's class may define equality and hash of its own.
        self._alive: dict[int, tuple[Any, int]] = {}
        # Weak references to threads that are over and not joined.
        self._over: dict[int, tuple[Any, int]] = {}
        self._count = 0
        #: Called when start() of a thread is called, and in a thread whose function is over.
        self.starting: Callable[[], None] = lambda: None
        self.ended: Callable[[], None] = lambda: None

    def patch(self, module: Any) -> None:
        """Put dictionaries that report changes into `threading`."""
        limbo, active = _Limbo(module._limbo), _Active(module._active)
        limbo.threads = active.threads = self
        module._limbo, module._active = limbo, active
        module.Thread.join = multiprocessing.EndOfCall(
            module.Thread.join, partial(self.guard, self._joined), self._on_error
        )

    def alive(self) -> Sequence[tuple[Any, int]]:
        """The threads whose start() was called and whose functions are not over, and their numbers."""
        return list(self._alive.values())

    def current(self) -> int:
        """The number of the calling thread; 0 for the main thread, and for threads that threading did not start."""
        if not self._alive:
            return 0
        thread = sys.modules["threading"]._active.get(_thread.get_ident())
        alive = self._alive.get(id(thread))
        return 0 if alive is None else alive[1]

    def forget(self) -> None:
        """In a forked child: forget the parent's threads, which are not in the child."""
        self._alive = {}
        self._over = {}
        self._count = 0

    def guard(self, function: Callable[[Any], None], thread: Any) -> None:
        """Call a function of the agent's with a thread: no error in it may reach threading."""
        try:
            function(thread)
        except Exception as error:
            self._on_error(error)

    def called(self, thread: Any) -> None:
        """Write that start() was called."""
        self.starting()
        self._count += 1
        self._alive[id(thread)] = thread, self._count
        self._say(self._count, "start_called", thread._name)

    def began(self, thread: Any) -> None:
        """Write that the system runs the thread."""
        if id(thread) in self._alive:  # else threading did not start the thread
            self._say(self._alive[id(thread)][1], "began", getattr(thread, "_native_id", None))

    def entered(self, thread: Any) -> None:
        """Write that run() is about to be called, or that start() failed."""
        if id(thread) not in self._alive:
            return
        number = self._alive[id(thread)][1]
        if thread._ident is None:
            del self._alive[id(thread)]
            error = sys.exc_info()[1]
            self._say(number, "start_failed", multiprocessing.describe(error) if error is not None else "")
        else:
            self._sample(thread, number)
            self._say(number, "target_entered")

    def left(self, thread: Any) -> None:
        """Write that run() has ended."""
        key = id(thread)
        if key in self._alive:
            now = time.monotonic_ns()
            number = self._alive.pop(key)[1]
            self._sample(thread, number)
            self._event(trace_format.THREAD, now, number, "target_left", "")
            self.ended()
            over = self._over
            over[key] = ref(thread, lambda _: over.pop(key, None)), number

    def failed(self, error: BaseException) -> None:
        """Write the exception that ended the calling thread; threading is about to report it."""
        number = self.current()
        if number:
            self._say(number, "failed", multiprocessing.describe(error))

    def _joined(self, thread: Any) -> None:
        over = self._over.pop(id(thread), None)
        if over is not None:
            self._say(over[1], "joined")

    def _say(self, number: int, moment: str, text: object = "") -> None:
        self._event(trace_format.THREAD, time.monotonic_ns(), number, moment, text)
