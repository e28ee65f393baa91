"""Notes what the process prints, line by line, with its time.

`print` looks up `write` on the stream, so an attribute of the stream object itself is enough: its type, identity and
file number stay as they are, and every byte goes where it went before.
"""

from __future__ import annotations

import _thread
import sys
import time

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Callable


class Recorder:
    """Passes lines on to `note(t_ns, stream, line)`; `on_error` gets what goes wrong in here."""

    def __init__(self, note: Callable[[int, str, str], None], on_error: Callable[[Exception], None]) -> None:
        self._note = note
        self._on_error = on_error
        self._begun: dict[tuple[str, int], str] = {}

    def attach(self) -> None:
        """Listen to what are now sys.stdout and sys.stderr."""
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            try:
                stream.write = self._writer(name, stream.write)
            except AttributeError:
                pass  # there is no such stream, or it is one that takes no attributes: nothing to listen to

    def forget(self) -> None:
        """In a forked child: lines that were begun belong to the parent."""
        self._begun.clear()

    def flush(self) -> None:
        """At the end of the process: note the lines that have no end."""
        now = time.monotonic_ns()
        for (name, _), text in list(self._begun.items()):
            self._note(now, name, text)
        self._begun.clear()

    def _writer(self, name: str, write: Callable[[str], int]) -> Callable[[str], int]:
        def write_and_note(text: str) -> int:
            try:
                self._take(name, text)
            except Exception as error:
                self._on_error(error)
            try:
                return write(text)
            except BaseException as error:  # see offspring.py
                error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
                raise

        return write_and_note

    def _take(self, name: str, text: str) -> None:
        if type(text) is not str:
            return  # the stream itself says what is wrong with that
        now = time.monotonic_ns()
        key = (name, _thread.get_ident())
        text = self._begun.pop(key, "") + text
        if "\n" in text:
            lines = text.split("\n")
            text = lines.pop()
            for line in lines:
                self._note(now, name, line)
        if text:
            self._begun[key] = text
