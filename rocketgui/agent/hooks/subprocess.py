"""Follows the processes that the program starts without multiprocessing, whatever environment it gives them.

The variables that bring the agent into a process are in the real environment and not in `os.environ`, so an environment
that a program makes from `os.environ` lacks them. They are added where such an environment is handed over:

    subprocess                        the function by which it forks and executes
    os.posix_spawn, os.posix_spawnp
    os.execve                         os.execvpe, os.execle, os.spawnve, ... call it as well
    os.execv, os._exit                for the last output and values of the process, which would be lost
    os.environ["PYTHONPATH"] = ...    os.putenv and os.unsetenv, which keep the agent's directory in front

Where the system refuses a call, its exception passes through a frame of this file. The frame's entry is taken out of
the traceback. From Python 3.11 on, to raise the exception again adds no other entry; before, the printed traceback
shows this file.

A process that is started in one of the first two ways is noted at once: it may not be Python, and may end before the
collector sees it. On Windows the variables stay in `os.environ`, so nothing of this is needed there.
"""

from __future__ import annotations

import os
import sys
import time

from .. import trace_format

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

#: How many words of a command line are written at most, and how many characters of each.
WORDS = 12
LETTERS = 200
#: Positions among the parameters of `fork_exec`: the arguments, and the environment as a list of b"NAME=VALUE".
_ARGUMENTS, _ENVIRONMENT = 0, 5


class SubprocessHooks:
    """Puts the agent's variables into every environment that is given to a new program, and writes what is started.

    `event(kind, t_ns, *texts)` writes a record; `leaving(exit_code)` is called before `os._exit`, `replacing()` before
    exec; `on_error` gets errors of the agent's own.
    """

    def __init__(
        self,
        directory: str,
        watch: Sequence[str],
        owner: str,
        event: Callable[..., None],
        leaving: Callable[[str], None],
        replacing: Callable[[], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._event = event
        self._leaving = leaving
        self._replacing = replacing
        self._on_error = on_error
        self._inject = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "inject")
        self._variables = {
            trace_format.ENV_RUN: directory,
            trace_format.ENV_WATCH: ",".join(watch),
            trace_format.ENV_OWNER: owner,
        }

    def follow(self) -> None:
        """Wrap the functions of `os`; on Windows, do nothing."""
        if os.name == "nt":
            return
        for name in ("posix_spawn", "posix_spawnp"):
            if hasattr(os, name):
                setattr(os, name, self._spawning(getattr(os, name)))
        os.execve = self._executing(os.execve, self._prepared)
        os.execv = self._executing(os.execv)
        leave: Any = self._exiting(os._exit)
        os._exit = leave
        if hasattr(os, "unsetenv"):
            os.unsetenv = self._taking(os.unsetenv, os.putenv)
        os.putenv = self._putting(os.putenv)
        if sys.version_info < (3, 9):  # there os.environ keeps references to both functions
            os.environ.putenv, os.environ.unsetenv = os.putenv, os.unsetenv

    def patch(self, module: Any) -> None:
        """Wrap the functions by which `subprocess` forks and executes, and learns an exit code."""
        if os.name == "nt":
            return
        module.Popen._handle_exitstatus = self._reaping(module.Popen._handle_exitstatus)
        system: Any = sys.modules["_posixsubprocess"]
        noting = self._noting(system.fork_exec)
        # Other libraries call it as well, loky with an environment of its own.
        system.fork_exec = self._forking(system.fork_exec)
        if hasattr(module, "_fork_exec"):
            module._fork_exec = noting
        else:  # before Python 3.11
            module._posixsubprocess = _ForkExec(noting)

    def completed(self, environment: Mapping[Any, Any]) -> dict[Any, Any]:
        """A copy of an environment with the variables that bring the agent into a process."""
        found = dict(environment)
        # str and bytes are never compared: `python -b` would warn.
        names = {os.fsencode(name): name for name in found}
        if os.fsencode(trace_format.ENV_RUN) in names:
            return found
        theirs = found.pop(names[b"PYTHONPATH"]) if b"PYTHONPATH" in names else None
        found.update(self._variables)
        if theirs is not None:
            found[trace_format.ENV_PYTHONPATH] = theirs
        found["PYTHONPATH"] = self._path(None if theirs is None else os.fsdecode(theirs))
        return found

    def _path(self, theirs: str | None) -> str:
        return self._inject if not theirs else self._inject + os.pathsep + theirs

    def _spawning(self, spawn: Callable[..., int]) -> Callable[..., int]:
        def spawn_and_note(path: Any, argv: Any, env: Any, **named: Any) -> int:
            called = time.monotonic_ns()
            try:
                pid = spawn(path, argv, self._prepared(env), **named)
            except BaseException as error:
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise
            self._note(pid, argv, called)
            return pid

        return spawn_and_note

    def _executing(self, execute: Callable[..., Any], prepared: Callable[[Any], Any] = lambda env: env) -> Any:
        def execute_with_agent(path: Any, argv: Any, *env: Any, **named: Any) -> Any:
            try:
                self._replacing()
            except Exception as error:
                self._on_error(error)
            try:
                if "env" in named:
                    named["env"] = prepared(named["env"])
                return execute(path, argv, *map(prepared, env), **named)
            except BaseException as error:
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise

        return execute_with_agent

    def _exiting(self, leave: Callable[[int], Any]) -> Callable[[int], Any]:
        def note_and_exit(status: int) -> Any:
            try:
                self._leaving(str(int(status) & 0xFF))
            except Exception as error:
                self._on_error(error)
            try:
                leave(status)
            except BaseException as error:
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise

        return note_and_exit

    def _putting(self, putenv: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        def putenv_with_agent(name: Any, value: Any) -> None:
            if _is_path(name):
                value = self._taken(putenv, value)
            try:
                putenv(name, value)
            except BaseException as error:
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise

        return putenv_with_agent

    def _taken(self, putenv: Callable[[Any, Any], None], value: Any) -> Any:
        """Keep the program's PYTHONPATH in `ENV_PYTHONPATH`; return it with the agent's directory in front. A wrong
        value is returned as it is: the system refuses it."""
        try:
            path = self._path(os.fsdecode(value))
            putenv(trace_format.ENV_PYTHONPATH, value)
        except Exception as error:
            self._on_error(error)
            return value
        return path

    def _taking(self, unsetenv: Callable[[Any], None], putenv: Callable[[Any, Any], None]) -> Callable[[Any], None]:
        def unsetenv_without_agent(name: Any) -> None:
            try:
                if _is_path(name):
                    unsetenv(trace_format.ENV_PYTHONPATH)
                    putenv("PYTHONPATH", self._inject)
                else:
                    unsetenv(name)
            except BaseException as error:
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise

        return unsetenv_without_agent

    def _forking(self, fork_exec: Callable[..., int]) -> Callable[..., int]:
        def fork_exec_with_agent(*arguments: Any) -> int:
            try:
                return fork_exec(*self._with_agent(arguments))
            except BaseException as error:
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise

        return fork_exec_with_agent

    def _noting(self, fork_exec: Callable[..., int]) -> Callable[..., int]:
        def fork_exec_and_note(*arguments: Any) -> int:
            called = time.monotonic_ns()
            try:
                pid = fork_exec(*self._with_agent(arguments))
            except BaseException as error:
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise
            self._note(pid, arguments[_ARGUMENTS], called)
            return pid

        return fork_exec_and_note

    def _with_agent(self, arguments: Sequence[Any]) -> Sequence[Any]:
        """The arguments of `fork_exec` with a completed environment."""
        environment = arguments[_ENVIRONMENT]
        if environment is None:
            return arguments
        try:
            pairs = self.completed(dict(entry.split(b"=", 1) for entry in environment))
            entries = [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in pairs.items()]
        except Exception as error:
            self._on_error(error)
            return arguments
        return (*arguments[:_ENVIRONMENT], entries, *arguments[_ENVIRONMENT + 1 :])

    def _reaping(self, handle: Callable[..., None]) -> Callable[..., None]:
        def handle_and_note(popen: Any, *arguments: Any, **named: Any) -> None:
            handle(popen, *arguments, **named)
            try:
                self._event(trace_format.REAPED, time.monotonic_ns(), popen.pid, popen.returncode)
            except Exception as error:
                self._on_error(error)

        return handle_and_note

    def _prepared(self, environment: Any) -> Any:
        """The completed environment. A wrong environment is returned as it is: the system refuses it."""
        if environment is None:  # from Python 3.13 on: the real environment
            return None
        try:
            return self.completed(environment)
        except Exception as error:
            self._on_error(error)
            return environment

    def _note(self, pid: int, argv: Any, called: int) -> None:
        try:
            self._event(trace_format.SPAWNED, called, pid, *words(argv))
        except Exception as error:
            self._on_error(error)


class _ForkExec:
    """Replaces the module `_posixsubprocess` in subprocess, which uses only this function of it."""

    def __init__(self, fork_exec: Callable[..., int]) -> None:
        self.fork_exec = fork_exec


def _is_path(name: Any) -> bool:
    """Whether the name of a variable, str or bytes, is PYTHONPATH."""
    return bool(name == "PYTHONPATH") if type(name) is str else type(name) is bytes and name == b"PYTHONPATH"


def words(argv: Sequence[Any]) -> list[str]:
    """The first words of a command line, at most `WORDS` of at most `LETTERS` characters."""
    return [os.fsdecode(word)[:LETTERS] for word in list(argv)[:WORDS]]
