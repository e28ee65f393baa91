"""Writes the lifecycle events of multiprocessing's processes, and the exit codes of processes that asyncio started.

Leaves no frame in any traceback. Nothing is imported that the program does not import: modules are patched when the
program imports them. Each event is seen at a call or an attribute that Python itself uses then:

    parent   start() is called     multiprocessing.process._cleanup, the first thing that start() calls
             start(), join() end   a token that is destroyed with the call; see `Until`
             terminate(), kill()   Popen.returncode, which _send_signal() reads before it sends
             asyncio's child ended BaseSubprocessTransport._returncode, which is set then
    child    first line            util.info("child process calling self.run()"), the last call before it
             target left           util._exit_function (to 3.12) or threading._shutdown, the first call after it
             failed                sys.stderr.write("Process NAME:"), the first call after the exception
             exits                 util.info("process exiting with exitcode N")
"""

from __future__ import annotations

import os
import struct
import sys
import time

# Not from weakref, nor partial from functools: their imports would be most of what an agent's start costs.
from _weakref import ref

from .. import trace_format
from .attributes import Attribute

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from functools import partial
    from typing import Any, Callable, Mapping, Sequence
else:
    from _functools import partial


#: The directory or zip file of the standard library. `os` may be frozen and then does not name it.
STANDARD = os.path.dirname(str(struct.__spec__.origin))
#: How the import in a helper's command line begins: multiprocessing's own, and loky's.
HELPED = ("from multiprocessing", "from loky.backend", "from joblib.externals.loky.backend")
ENTERING = "child process calling self.run()"
EXITING = "process exiting with exitcode "


class Until:
    """Calls `callback(process)` when it is destroyed. As an attribute of a callable that lives only during its call, it
    marks the end of that call, by return or by exception. A wrapper function would stand in every traceback."""

    _callback: Callable[[Any], None] | None = None

    def __init__(self, callback: Callable[[Any], None], process: Any) -> None:
        self._callback = callback
        self._process = process

    def __del__(self) -> None:
        if self._callback is not None:
            self._callback(self._process)


class EndOfCall:
    """A descriptor for a method that works as before. `callback(instance)` is called when a call of the method has
    ended, and when the method was looked up and not called."""

    def __init__(
        self, method: Callable[..., Any], callback: Callable[[Any], None], on_error: Callable[[Exception], None]
    ) -> None:
        self._method = method
        self._callback = callback
        self._on_error = on_error
        self.__doc__ = method.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., Any]:
        if instance is None:
            return self._method
        bound: Any = partial(self._method, instance)
        try:
            bound.until = Until(self._callback, instance)
        except Exception as error:  # the program's call must work all the same
            self._on_error(error)
        return bound  # type: ignore[no-any-return]


class MultiprocessingHooks:
    """Patches multiprocessing when it is imported, and writes its lifecycle events.

    `event(kind, t_ns, *texts)` writes a record. `running(process)` is called when start() is called and before a
    child's first line, `resume()` when a start() is over, `leaving(exit_code)` when a child is about to exit,
    `thread_failed(error)` when an exception ends a thread. `on_error(error)` gets errors of the agent's own. `patches`
    are further modules to be patched when they are imported: name of the module -> function that patches it.
    """

    def __init__(
        self,
        event: Callable[..., None],
        resume: Callable[[], None],
        running: Callable[[Any], None],
        leaving: Callable[[str], None],
        patches: Mapping[str, Callable[[Any], None]],
        thread_failed: Callable[[BaseException], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._event = event
        self._thread_failed = thread_failed
        self._patches = {
            "multiprocessing.process": self._patch_process,
            "multiprocessing.util": self._patch_util,
            "multiprocessing.popen_fork": self._patch_popen,
            "asyncio.base_subprocess": self._patch_asyncio,
            **patches,
        }
        self._resume = resume
        self._running = running
        self._leaving = leaving
        self._on_error = on_error
        self._starting: dict[int, int] = {}
        self._children: list[tuple[Callable[[], Any], dict[str, Any], int]] = []
        self._failed_start: tuple[int, str] | None = None
        self._left = False
        self._failed = False
        self._banner: str | None = None
        #: Called with True to have `note_line` called with each line, even while no exception is being handled; with
        #: False to end this.
        self.listen: Callable[[bool], None] = lambda wanted: None

    # -- patching

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Called by Python as a finder on sys.meta_path: let the other finders find a module, and have it patched once
        it is loaded."""
        patch = self._patches.get(name)
        if patch is None:
            return None
        try:
            spec = found_by_others(self, name, path, target)
            if spec is not None and is_standard(spec):
                after_loading(spec.loader, partial(self._guard, patch))
        except Exception as error:
            self._on_error(error)
            return None  # Python asks the other finders
        return spec

    def _patch_process(self, module: Any) -> None:
        base = module.BaseProcess
        start_code = base.start.__code__
        cleanup = module._cleanup

        def note_start() -> None:
            caller = sys._getframe(1)
            if caller.f_code is start_code:
                self._guard(self._start_called, caller)
            cleanup()

        module._cleanup = note_start
        base.start = EndOfCall(base.start, partial(self._guard, self._start_over), self._on_error)
        base.join = EndOfCall(base.join, partial(self._guard, self._join_over), self._on_error)

    def _patch_util(self, module: Any) -> None:
        info = module.info

        def note_info(message: Any, *arguments: Any) -> None:
            if message == ENTERING:
                self._guard(self._entering, module)
            elif type(message) is str and message.startswith(EXITING):
                self._guard(self._exiting, message[len(EXITING) :])
            info(message, *arguments)

        module.info = note_info

    def _patch_popen(self, module: Any) -> None:
        send_code = module.Popen._send_signal.__code__

        def note_signal(popen: Any, code: int | None) -> None:
            caller = sys._getframe(2)
            if code is None and caller.f_code is send_code:
                self._guard(self._signal_sent, (popen, caller))

        module.Popen.returncode = Attribute("returncode", note_signal, None)

    def _patch_asyncio(self, module: Any) -> None:
        def note_end(transport: Any, code: int | None) -> None:
            if code is not None:
                self._guard(self._asyncio_learnt, (transport, code))

        if os.name != "nt":  # on Windows, the start of such a process is not noted
            module.BaseSubprocessTransport._returncode = Attribute("_returncode", None, note_end)

    def _guard(self, function: Callable[[Any], None], argument: Any) -> None:
        try:
            function(argument)
        except Exception as error:
            self._on_error(error)

    # -- in a parent

    def _start_called(self, caller: Any) -> None:
        process = caller.f_locals["self"]
        self._starting[id(process)] = time.monotonic_ns()
        self._guard(self._running, process)

    def starting(self) -> bool:
        """Whether a start() is under way."""
        return bool(self._starting)

    def _start_over(self, process: Any) -> None:
        called = self._starting.pop(id(process), None)
        if called is None:
            return  # the method was looked up and not called
        popen = process._popen
        if popen is None:
            self._failed_start = (called, process.name)
            self.listen(True)
        else:
            self._event(trace_format.START_CALLED, called, popen.pid, process.name)
            # When the program no longer refers to popen, its dictionary still holds the child's exit code.
            self._children.append((ref(popen), popen.__dict__, popen.pid))
        self._resume()

    def note_line(self, stream: str, line: str) -> None:
        """Take in a printed line. If an exception is being handled at that time, the line shows what it has ended: the
        process's target ("Process NAME:") or a thread ("Exception in thread "). If a start() has failed and no error
        was noted for it, the exception, or else `sys.last_value`, is its error."""
        error = sys.exc_info()[1]
        if stream == "stderr" and line == self._banner:
            self._leave(error)
        elif stream == "stderr" and error is not None and line.startswith("Exception in thread "):
            self._thread_failed(error)
        if self._failed_start is not None:
            error = error or getattr(sys, "last_value", None)
            if error is not None:
                self._start_failed(self._failed_start, describe(error))

    def _start_failed(self, failed: tuple[int, str], error: str) -> None:
        self._failed_start = None
        self.listen(False)
        self._event(trace_format.START_FAILED, *failed, error)

    def _join_over(self, process: Any) -> None:
        popen = process._popen
        if popen is not None and getattr(popen, "returncode", None) is not None:
            self.look_at_children()
            self._event(trace_format.JOINED, time.monotonic_ns(), popen.pid)

    def periodic(self, now: int) -> None:
        """Called about ten times a second with the time in ns: write the exit codes of children that the program has
        learnt, and after 0.5 s a failed start() whose error is still unknown."""
        self.look_at_children()
        failed = self._failed_start
        if failed is not None and now - failed[0] > 500_000_000:
            self._start_failed(failed, "")

    def look_at_children(self) -> None:
        """Write the exit codes of children that the program has learnt."""
        for child in list(self._children):
            popen, attributes, pid = child
            code = attributes.get("returncode")
            if popen() is None or code is not None:
                now = time.monotonic_ns()  # before the removal, which another thread may see
                try:
                    self._children.remove(child)
                except ValueError:
                    continue  # another thread was faster
                if code is not None:
                    self._event(trace_format.REAPED, now, pid, code)

    def _signal_sent(self, sent: tuple[Any, Any]) -> None:
        popen, caller = sent
        if any(pid == popen.pid for _, _, pid in self._children):  # else popen is the parent's, in a forked child
            self._event(trace_format.TERMINATED, time.monotonic_ns(), popen.pid, int(caller.f_locals["sig"]))

    def _asyncio_learnt(self, learnt: tuple[Any, int]) -> None:
        transport, code = learnt
        self._event(trace_format.REAPED, time.monotonic_ns(), transport._pid, code)

    # -- in a child

    def forget(self) -> None:
        """In a forked child: forget the parent's children, and its calls that were under way."""
        self._starting.clear()
        self._children = []
        self._failed_start = None
        self._left = self._failed = False
        self._banner = None

    def _entering(self, util: Any) -> None:
        process = sys.modules["multiprocessing.process"].current_process()
        now = time.monotonic_ns()
        self._banner = "Process %s:" % process.name
        self._event(trace_format.NAMED, now, process.name, process._parent_pid)
        self._guard(self._running, process)
        self._once(util, "_exit_function")
        self._once(sys.modules["threading"], "_shutdown")
        self._event(trace_format.TARGET_ENTERED, time.monotonic_ns())

    def _once(self, module: Any, name: str) -> None:
        """When the function `name` of a module is called next, write that the target was left."""
        function = getattr(module, name)

        def note_left(*arguments: Any, **named: Any) -> Any:
            setattr(module, name, function)
            self._guard(self._leave, sys.exc_info()[1])
            try:
                return function(*arguments, **named)
            except BaseException as error:  # see hooks/subprocess.py
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise

        setattr(module, name, note_left)

    def _leave(self, error: BaseException | None) -> None:
        if not self._left:
            self._left = True
            self._event(trace_format.TARGET_LEFT, time.monotonic_ns())
        if error is not None and not self._failed and not isinstance(error, SystemExit):
            self._failed = True
            self._event(trace_format.FAILED, time.monotonic_ns(), describe(error))

    def _exiting(self, code: str) -> None:
        self._leave(None)
        self._leaving(code)


def describe(error: BaseException) -> str:
    """The last line of an exception's traceback. If the exception's text begins with a blank line, as the one about a
    missing __main__ guard does, its first line that is not blank, after the class."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception as inner:
        text = "<%s in str()>" % type(inner).__name__
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return name
    begins = text.splitlines()[0].strip()
    return lines[-1] if begins and len(lines) > 1 else "%s: %s" % (name, lines[0])


def found_by_others(this: Any, name: str, path: Any, target: Any) -> Any:
    """The spec that the finders on sys.meta_path other than `this` find, or None."""
    for finder in sys.meta_path:
        # Before Python 3.12, a finder of the program's may have find_module only.
        find = None if finder is this else getattr(finder, "find_spec", None)
        spec = None if find is None else find(name, path, target)
        if spec is not None:
            return spec
    return None


def after_loading(loader: Any, patch: Callable[[Any], None]) -> None:
    """Call `patch` with the module that a loader is about to load, once it is loaded."""
    load = loader.exec_module

    def load_and_patch(module: Any) -> None:
        del loader.exec_module
        try:
            load(module)
        except BaseException as error:  # see hooks/subprocess.py
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
            raise
        patch(module)

    loader.exec_module = load_and_patch


def is_standard(spec: Any) -> bool:
    """Whether a module is the standard library's, and not the program's own of the same name."""
    return str(spec.origin).startswith(STANDARD)


def helper_name(arguments: Sequence[str]) -> str:
    """The helper, of multiprocessing or loky, that a command line starts: "fork server", "resource tracker", or "" for
    none."""
    for module, name in (
        ("forkserver", "fork server"),
        ("resource_tracker", "resource tracker"),
        ("semaphore_tracker", "resource tracker"),
    ):
        for argument in arguments[1:6]:
            package, found, _ = argument.partition(".%s import main" % module)
            if found and package.rpartition("; ")[2] in HELPED:  # behind "import sys; " in the newest Pythons
                return name
    return ""


def command_line() -> Sequence[str]:
    """The arguments with which this interpreter was started; empty where they are unknown."""
    try:
        return sys.orig_argv
    except AttributeError:
        pass  # before Python 3.10
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")]
    except OSError:
        return []
