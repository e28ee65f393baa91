"""The command that launches a program. By itself, since the program is on its way before anything else is loaded.

Tested by tests/cli/test_arguments.py.
"""

from __future__ import annotations

from typing import NamedTuple

from rocketgui.protocol.variant import OTHER, Variant


class Launch(NamedTuple):
    """Start the program `argv` with the interpreter `python` and watch the names `watch` in its main module.

    With `own_session` it gets a session of its own, so that the scheduler shares the machine between it as a whole and
    the window; without, Ctrl-C in the terminal reaches it. What it prints goes where rocketgui's own output goes, or to
    the file `output`.

    `variant` says which of the built-in programs it is, `workers` and `limit` what `argv` asks it for, and `source` is
    its text, written to a file that takes the place of `argv[0]`. Where `watch` is empty, what changes is found and
    watched. It runs in `folder`, or in that of rocketgui. `asks`: what outlives its first process is not ended but
    asked about, see `messages.LeftOver`.
    """

    argv: tuple[str, ...]
    python: str
    variant: Variant = OTHER
    workers: int = 0
    limit: int = 0
    watch: tuple[str, ...] = ("rocket",)
    own_session: bool = True
    rate_hz: float = 60.0
    output: str | None = None
    source: str | None = None
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
        return Launch(self.argv, python, watch=self.watch, own_session=own_session, folder=self.folder)
