"""The one way by which messages leave the collector's parts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message


class Emitter:
    """Collects the messages of a frame, in order. `launched_ns` is the monotonic time to which the times in messages
    are relative.

    Attributes:
        pending: what was emitted since the last `take`.
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
        """A monotonic time (ns) as messages have it: relative to the launch."""
        return t_ns - self.launched_ns

    @contextlib.contextmanager
    def checked(self) -> Iterator[None]:
        """Check what is emitted meanwhile, and take back all of it where one message makes no sense.

        Raises:
            BadMessage: one makes none.
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
        """What was emitted since the last call."""
        taken = tuple(self.pending)
        self.pending.clear()
        return taken
