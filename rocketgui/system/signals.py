"""Names of signals, and senders of signals. The sender shows whether the user or the program itself sent a signal to
the whole process group.

Standard library only.
"""

from __future__ import annotations

import os
import signal
import threading

TYPE_CHECKING = False  # typing would take longer to import than any of these
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: The signals that a terminal, a shell, a service manager or the program itself sends to whole process groups, as far
#: as this system has them.
TO_GROUPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))


def signal_name(number: int) -> str:
    """The name of a signal, such as `SIGKILL`; `signal N` where the system has no name for it."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def how_it_ended(code: int) -> str:
    """An exit code (-N: signal N) in words, to follow the name of the process."""
    return f"was killed by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"


class SignalReader:
    """Calls `received(number, sender)` for each signal of `numbers` that this process gets.

    `sender` is a pid; 0 if the kernel sent the signal, as for Ctrl-C in a terminal, or a process in another pid
    namespace, or where the system does not tell (macOS).

    Use it in two steps, so that processes which are started in between have the signals as they would be otherwise:
    handlers do not outlive exec, a mask does. First construct it: handlers receive the signals, without their senders.
    Then start processes. Then call `read`. A signal that was ignored stays ignored in those processes, and is received
    only after `read`.

    `received` is called in the main thread before `read`, in a thread of its own after it.
    """

    def __init__(self, numbers: Iterable[int], received: Callable[[int, int], None]) -> None:
        self._numbers = frozenset(numbers)
        self._received = received
        self._thread: threading.Thread | None = None
        self._closing = False
        self._before = {
            number: signal.signal(number, lambda number, _: received(number, 0))
            for number in self._numbers
            if signal.getsignal(number) is not signal.SIG_IGN
        }

    def read(self) -> None:
        """Block the signals, and wait for them in a thread. Call this in the main thread, before other threads are
        started, since these inherit the mask. On a system without masks (Windows), the handlers stay."""
        if not hasattr(signal, "pthread_sigmask"):
            return
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers)
        self._thread = threading.Thread(target=self._read, name="signals", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            if hasattr(signal, "sigwaitinfo"):
                found = signal.sigwaitinfo(self._numbers)
                number, sender = found.si_signo, found.si_pid
            else:
                number, sender = signal.sigwait(self._numbers), os.getpid() if self._closing else 0
            if self._closing and sender == os.getpid():
                return
            self._received(number, sender)

    def close(self) -> None:
        """End the thread, and restore the mask and the handlers. Call this in the main thread."""
        if self._thread is not None and self._thread.ident is not None:
            self._closing = True
            signal.pthread_kill(self._thread.ident, next(iter(self._numbers)))
            self._thread.join()
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        for number, handler in self._before.items():
            signal.signal(number, handler or signal.SIG_DFL)  # None: native code had set the handler
