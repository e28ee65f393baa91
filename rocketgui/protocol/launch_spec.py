"""The command that launches a program. By itself, since the program is on its way before anything else is loaded."""

from __future__ import annotations

import sys
from typing import NamedTuple

#: What multiprocessing offers on this system, its default first. To ask it would take longer than all else that is
#: loaded before the program is launched; a test holds this against its answer.
START_METHODS: tuple[str, ...] = (
    ("spawn",)
    if sys.platform == "win32"
    else ("spawn", "fork", "forkserver")
    if sys.platform == "darwin"
    else ("forkserver", "spawn", "fork")
    if sys.version_info >= (3, 14)
    else ("fork", "spawn", "forkserver")
)


class Launch(NamedTuple):
    """Start the program `argv` with the interpreter `python` and watch the names `watch` in its main module.

    With `own_session` it gets a session of its own, so that the scheduler shares the machine between it as a whole and
    the window; without, Ctrl-C in the terminal reaches it. What it prints goes where rocketgui's own output goes, or to
    the file `output`.

    `start_method`, `workers` and `limit` say what `argv` asks the built-in program for; `work`, `variable` and `pinned`
    say which variant of it this is, and `source` is its text, written to a file that takes the place of `argv[0]`. For
    any other program they are empty. Where `watch` is empty, what changes is found and watched. It runs in `folder`, or
    in that of rocketgui. `asks`: what outlives its first process is not ended but asked about, see `messages.LeftOver`.
    """

    argv: tuple[str, ...]
    python: str
    run_as: str
    start_method: str
    workers: int
    limit: int
    watch: tuple[str, ...] = ("rocket",)
    own_session: bool = True
    rate_hz: float = 60.0
    output: str | None = None
    source: str | None = None
    work: str = "count"
    variable: str = "private"
    pinned: bool = False
    folder: str | None = None
    asks: bool = False


class Script(NamedTuple):
    """A program of the user's: `argv` as Python takes it, the values to watch (none: those that are found), and the
    folder to run it in (none: that of rocketgui)."""

    argv: tuple[str, ...]
    watch: tuple[str, ...] = ()
    folder: str | None = None

    def launch(self, python: str, *, own_session: bool) -> Launch:
        """The command that launches it: nothing is known of what it does."""
        return Launch(
            self.argv, python, "processes", "", 0, 0, self.watch, own_session, work="", variable="", folder=self.folder
        )
