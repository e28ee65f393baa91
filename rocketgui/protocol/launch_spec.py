"""The command that launches a program. In a module of its own, since the program is launched before others are loaded.

Tested by tests/cli/test_arguments.py.
"""

from __future__ import annotations

from typing import NamedTuple

from rocketgui.protocol.variant import OTHER, Variant


class Launch(NamedTuple):
    """Run the program `argv` with the interpreter `python`, and sample the variables `watch` `rate_hz` times a second.
    If `watch` is empty, variables that change are found.

    With `own_session` the program gets a session of its own, so that the scheduler divides the cores between the whole
    program and the window; without, Ctrl-C in the terminal reaches the program. It prints to the file `output`, or else
    where rocketgui's own output goes. It runs in `folder`, or else in rocketgui's current folder; with `source`, in the
    run directory.

    `variant` says which built-in program it is, `workers` and `limit` are those in `argv`. `source` is its text, which
    is written to a file that replaces `argv[0]`. `asks`: left-overs are not ended but reported, see
    `messages.LeftOver`.
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
    """A script of the user's: `argv` as Python takes it, the variables to watch (empty: those that are found), and the
    folder to run it in (None: rocketgui's current folder)."""

    argv: tuple[str, ...]
    watch: tuple[str, ...] = ()
    folder: str | None = None

    def launch(self, python: str, *, own_session: bool) -> Launch:
        """The command that launches the script with the interpreter `python`."""
        return Launch(self.argv, python, watch=self.watch, own_session=own_session, folder=self.folder)
