"""Reads the watched values of a process, without calling code of the program and without keeping its objects alive.

    NAME             a global of the main module, and an attribute of each thread that has one of this name
    module.NAME      a global of a module
    function:local   a local variable of a function that is running, in whichever thread
    (no names)       numbers among the main module's globals, and each `multiprocessing.Value` there or given to a
                     process as an argument: each is noted once, and sampled from its first change on

Types are compared exactly wherever a subclass could run code of the program's.
"""

from __future__ import annotations

import _thread
import sys
import time

# Not from weakref: its import would be most of what an agent's start costs.
from _weakref import ref

from . import trace_format

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any, Callable, Sequence

    from .trace_buffer import NullTraceBuffer, TraceBuffer

#: How many variables are noted at most where no names are given.
MOST = 100
#: How many frames of a stack are searched for a function.
DEPTH = 500
_CONTAINERS = (list, tuple, dict, set, frozenset)
_FUNCTION = type(lambda: None)
#: A function that calls one of these may itself hold the dictionary that is the copy of its local variables.
_SEES_LOCALS = frozenset({"locals", "vars", "dir", "eval", "exec", "_getframe"})


def number(value: object) -> int | float | None:
    """The number that is sampled of a value: a number itself, the number in a `multiprocessing.Value`, the length of a
    container or a queue; None for all else. The number may be too large to be drawn, see `is_drawn`."""
    kind = type(value)
    if kind is int or kind is float:
        return value  # type: ignore[return-value]
    if kind in _CONTAINERS:
        return len(value)  # type: ignore[arg-type]
    if issubclass(kind, int):
        return int.__add__(value, 0)  # type: ignore[operator]
    if issubclass(kind, float):
        return float.__add__(value, 0.0)  # type: ignore[operator]
    found = shared(value)
    return _length(value, kind) if found is None else found


def is_drawn(value: int | float) -> bool:
    """Whether a number is finite and not too large to be drawn. This is quick for an integer of any size."""
    return -trace_format.LARGEST <= value <= trace_format.LARGEST


def shared(value: object) -> int | float | None:
    """The number in a `multiprocessing.Value`, read from its memory without its lock; None for all else."""
    kind = type(value)
    module = sys.modules.get("multiprocessing.sharedctypes")
    if module is None:
        return None
    if kind is getattr(module, "Synchronized", None):  # the module may be half imported
        value = object.__getattribute__(value, "__dict__").get("_obj")
        kind = type(value)
    simple = sys.modules["_ctypes"]._SimpleCData if "_ctypes" in sys.modules else None
    if kind.__module__ != "ctypes" or simple not in kind.__mro__:
        return None
    found = simple.value.__get__(value)
    return found if type(found) is int or type(found) is float else None


def _length(value: object, kind: type) -> int | None:
    """The length of a deque or a queue, read without the queue's lock; None for all else, or where it is unknown."""
    modules = sys.modules
    if kind is getattr(modules.get("_collections"), "deque", None):
        return len(value)  # type: ignore[arg-type]
    if kind is getattr(modules.get("queue"), "Queue", None):
        return number(object.__getattribute__(value, "__dict__").get("queue"))  # type: ignore[return-value]
    if kind is getattr(modules.get("multiprocessing.queues"), "Queue", None):
        inside = object.__getattribute__(value, "__dict__")
        try:
            return int(inside["_maxsize"] - inside["_sem"]._semlock._get_value())
        except NotImplementedError:
            return None  # on macOS
    return None


class MainNamespace:
    """Finds the global names of the main module, as its functions see them.

    Under spawn and forkserver, Python runs the main module by `runpy.run_path` and copies its names into the module
    `__mp_main__`. The functions go on to use the original dictionary, and only they still refer to it.
    """

    def __init__(self) -> None:
        self._module: object = None
        self._names: dict[str, Any] | None = None
        self._over = False

    def forget(self) -> None:
        """At the end of the process: keep no reference to the main module, whose objects have to die when they would
        without the agent."""
        self._over = True
        self._module = self._names = None

    def find(self) -> dict[str, Any] | None:
        """The dictionary of the names; None while there is no main module."""
        if self._over:
            return None
        module = sys.modules.get("__main__")
        if module is not self._module:
            self._module = module
            self._names = _names_of(module)
        return self._names


def _names_of(module: object) -> dict[str, Any] | None:
    names: dict[str, Any] | None = getattr(module, "__dict__", None)
    if not isinstance(names, dict):
        return None  # sys.modules may hold any object
    if names.get("__name__") != "__mp_main__":
        return names
    values = list(names.values())
    classes = [value for value in values if type(value) is type and value.__module__ == "__mp_main__"]
    for value in values + [member for one in classes for member in list(vars(one).values())]:
        if type(value) is _FUNCTION and value.__globals__.get("__name__") == "__mp_main__":
            return value.__globals__
    return names


class WatchedVariables:
    """Writes the watched values of this process, or of one interpreter in it, into a trace buffer.

    `watch` holds the watched names in the forms above, or is empty. `alive()` gives the program's threads and their
    numbers, `main_names()` the dictionary of the main module's globals, or None while there is no main module;
    `on_error(error)` gets errors of the agent's own.
    """

    def __init__(
        self,
        trace_buffer: TraceBuffer | NullTraceBuffer,
        watch: Sequence[str],
        alive: Callable[[], Sequence[tuple[Any, int]]],
        main_names: Callable[[], dict[str, Any] | None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._trace_buffer = trace_buffer
        self._alive = alive
        self._main_names = main_names
        self._on_error = on_error
        self._watch = watch
        self._finds = not watch
        self._globals = [(index, name) for index, name in enumerate(watch) if "." not in name and ":" not in name]
        self._modules = [(index, name) for index, name in enumerate(watch) if "." in name and ":" not in name]
        self._locals = [(index, name) for index, name in enumerate(watch) if ":" in name]
        self._count = len(watch)
        #: Indices of attributes of threads: (number of the thread, name) -> index.
        self._indices: dict[tuple[int, str], int] = {}
        #: Variables that were found where `watch` is empty: name -> (index, the number when it was found).
        self._found: dict[str, tuple[int, int | float]] = {}
        self._changing: list[tuple[int, str]] = []
        #: `Value`s that were arguments of a process: name -> weak reference.
        self._given: dict[str, Any] = {}
        #: Indices of the names for which `NOT_DRAWN` was written.
        self._not_drawn: set[int] = set()
        self._looking = _thread.allocate_lock()

    def say_names(self) -> None:
        """Write the names that are known so far: at the beginning, and when another collector has taken over."""
        now = time.monotonic_ns()
        for index, name in enumerate(self._watch):
            self._trace_buffer.event(trace_format.NAME, now, index, name, 0)
        for name, (index, _) in list(self._found.items()):
            self._trace_buffer.event(trace_format.NAME, now, index, name, 0)
        for (thread, name), index in list(self._indices.items()):
            self._trace_buffer.event(trace_format.NAME, now, index, name, thread)

    def names(self) -> dict[str, Any] | None:
        """The globals of the main module."""
        return self._main_names()

    def sample(self) -> None:
        """Write the watched values as they are now."""
        names = self._main_names()
        if names is not None:
            for index, name in self._globals:
                self._note(index, names.get(name))
        for index, name in self._changing:
            given = self._given.get(name)
            self._note(index, given() if given is not None else None if names is None else names.get(name))
        for index, name in self._modules:
            try:
                self._note(index, _global(name, names))
            except Exception as error:  # sys.modules may hold any object; the other names go on
                self._on_error(error)
        for index, name in self._locals:
            self._note(index, _local(name))
        for thread, number in self._alive():
            self.sample_thread(thread, number)

    def sample_thread(self, thread: Any, number: int) -> None:
        """Write the watched names among the attributes of a thread, which has this number."""
        attributes = object.__getattribute__(thread, "__dict__")
        for _, name in self._globals:
            value = attributes.get(name)
            if value is not None:
                index = self._indices.get((number, name))
                if index is None:
                    index = self._indices[number, name] = self._new(name, number)
                self._note(index, value)

    def look(self) -> None:
        """Where `watch` is empty: find the variables that can be watched, and those among them that have changed."""
        if not self._finds or not self._looking.acquire(False):
            return  # another thread is looking
        try:
            names = self._main_names()
            for name, value in () if names is None else list(names.items()):
                if type(name) is str and name[:1] != "_" and (type(value) is int or type(value) is float):
                    self._consider(name, value)
                elif type(name) is str and name[:1] != "_":
                    self._consider(name, shared(value))
            for name, given in list(self._given.items()):
                self._consider(name, shared(given()))
        finally:
            self._looking.release()

    def give(self, process: Any) -> None:
        """Where `watch` is empty: find the `Value`s among the arguments of a `multiprocessing.Process` that is about to
        begin, here or in a child."""
        if not self._finds:
            return
        if "multiprocessing.sharedctypes" not in sys.modules:
            self.look()
            return
        inside = object.__getattribute__(process, "__dict__")
        target = inside.get("_target")
        code = target.__code__ if type(target) is _FUNCTION else None
        arguments = list(enumerate(inside.get("_args", ())))
        named = [(code.co_varnames[index] if code and index < code.co_argcount else "Value %d" % (index + 1), value)
                 for index, value in arguments] + list(inside.get("_kwargs", {}).items())  # fmt: skip
        for name, value in named:
            if shared(value) is not None:
                try:
                    self._given.setdefault(name, ref(value))
                except TypeError:
                    pass  # a RawValue cannot be referred to weakly
        self.look()

    def _consider(self, name: str, found: int | float | None) -> None:
        known = self._found.get(name)
        if found is None or (known is not None and found == known[1]):
            return
        if known is None:
            if len(self._found) < MOST and is_drawn(found):
                index = self._new(name, 0)
                self._found[name] = index, found
                self._note(index, found)
        elif (known[0], name) not in self._changing:
            self._changing.append((known[0], name))

    def _new(self, name: str, thread: int) -> int:
        index = self._count
        self._count += 1
        self._trace_buffer.event(trace_format.NAME, time.monotonic_ns(), index, name, thread)
        return index

    def _note(self, index: int, value: object) -> None:
        try:
            found = value if type(value) is int else number(value)
            if found is None:
                return
            now = time.monotonic_ns()
            if is_drawn(found):
                self._trace_buffer.sample(index, now, found)
            elif index not in self._not_drawn:
                self._not_drawn.add(index)
                self._trace_buffer.event(trace_format.NOT_DRAWN, now, index)
        except Exception as error:
            self._on_error(error)  # the other names and the next samples go on


def _global(watched: str, names: dict[str, Any] | None) -> object:
    """The value of `module.NAME`, where `module` may also be the main module's own name for a module; None if there is
    no such value."""
    where, _, name = watched.rpartition(".")
    module = sys.modules.get(where)
    if module is None:
        module = (names or {}).get(where)
        if type(module) is not type(sys):
            return None
    try:
        return object.__getattribute__(module, "__dict__").get(name)
    except AttributeError:
        return None  # sys.modules may hold any object


def _local(watched: str) -> object:
    """A local variable of a function's innermost call, in the first thread that is found to run the function; None if
    no thread does."""
    function, _, local = watched.partition(":")
    frames = sys._current_frames()
    frames.pop(_thread.get_ident(), None)
    for frame in frames.values():
        here: Any = frame
        for _ in range(DEPTH):
            if here is None:
                break
            code = here.f_code
            if (
                function in (code.co_name, getattr(code, "co_qualname", ""))
                and local in code.co_varnames + code.co_cellvars + code.co_freevars
            ):
                names = here.f_locals
                value = names.get(local)
                if type(names) is dict and not _SEES_LOCALS.intersection(code.co_names):
                    names.clear()  # before Python 3.13, a copy that would keep all locals alive until the call's end
                return value
            here = here.f_back
    return None
