"""Gathers the messages of all parts of the collector."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message


class Emitter:
    """Gathers the messages of a frame, in order. The times in messages are relative to `launched_ns` (monotonic ns).

    Attributes:
        pending: the messages that were emitted since the last `take`.
    """

    def __init__(self, launched_ns: int = 0) -> None:
        self.launched_ns = launched_ns
        self.pending: list[Message] = []

    def emit(self, message: Message) -> None:
        """Send a message with the next frame."""
        self.pending.append(message)

    def emit_all(self, several: Iterable[Message]) -> None:
        """Send messages with the next frame, in this order."""
        self.pending.extend(several)

    def run_time(self, t_ns: int) -> int:
        """A monotonic time as ns since the launch, as messages have it."""
        return t_ns - self.launched_ns

    @contextlib.contextmanager
    def checked(self) -> Iterator[None]:
        """Check the messages that are emitted inside the `with` block, and remove all of them if one is wrong.

        Raises:
            BadMessage: a field of a message is out of its range.
        """
        before = len(self.pending)
        try:
            yield
            for message in self.pending[before:]:
                messages.check(message)
        except messages.BadMessage:
            del self.pending[before:]
            raise

    def take(self) -> tuple[Message, ...]:
        """Remove and return the messages that were emitted since the last call."""
        taken = tuple(self.pending)
        self.pending.clear()
        return taken
