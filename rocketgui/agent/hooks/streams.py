"""Notes what the process prints, line by line, with the time.

`print` looks up `write` on the stream, so a `write` attribute on the stream object is enough to see each text. The
stream's type, identity and file number stay as they are, and every byte goes where it went before.

A write only appends the text to a list here. The first line after a sample without output is noted at once, so that its
time is exact and it is known even if the process is killed next. The sampling thread notes the lines that follow until
the next sample, many at a time. The cost is proportional to the printed text, and the memory is bounded: of a flood the
newest lines are noted, the others are counted.

    line                ended by \\n, or left over at the end; a line that is too long is cut and marked as cut
    \\r                  the text after it replaces the text before it, as on a terminal: of such texts the last one is
                        noted, some times a second
"""

from __future__ import annotations

import _thread
import sys
import time

from .. import errors, trace_format

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any, Callable

#: How many pieces may wait for the sampling thread. If there are more, the thread that writes next joins them.
MOST_PIECES = 4096
#: Length of a text, in characters, from which on it is kept as `Long`: only the last of several in a row is kept.
LONG_PIECE = 1 << 12
#: Characters that are noted at most at a time, after a while without output; and how many more each sample allows.
MOST_TEXT, MORE_TEXT = 1 << 17, 1 << 12
#: How many texts between two samples are a flood.
FLOOD = 64
#: Characters of an unfinished line that are kept.
LONGEST = trace_format.MAX_LINE - 100
#: Time between lines that end in \r, in ns.
PROGRESS = 500_000_000


class Begun:
    """A line without an end: its beginning, how many characters were left out, the text before the last \\r, and when
    such a text was noted last (ns)."""

    __slots__ = ("before", "cut", "progress", "text")

    def __init__(self) -> None:
        self.text = ""
        self.cut = 0
        self.before = ""
        self.progress = 0


class Long:
    """Long texts that a thread wrote to a stream in a row: the last text, and the number of characters before it."""

    __slots__ = ("before", "key", "text")

    def __init__(self, key: tuple[str, int], text: str) -> None:
        self.key = key
        self.text = text
        self.before = 0

    def newest(self, most: int) -> tuple[str, int]:
        """The end of the last text, at most `most` characters, and how many lines before it are left out. This number
        is estimated: to count the lines would take as long as to write them."""
        left_out = self.before + max(0, len(self.text) - most)
        if not left_out:
            return self.text, 0
        kept = self.text[-most:]
        dropped = kept.count("\n") * left_out // len(kept)
        at = kept.find("\n") + 1
        return (kept[at:] if 0 < at < len(kept) else "…" + kept), dropped


class Recorder:
    """Passes printed lines on to `note(t_ns, stream, thread, lines, dropped)`: `thread` is the number of the thread
    that printed them (0: the main thread), `dropped` how many lines before them are left out.

    `current()` gives the number of the calling thread. `line(stream, line)` is called at once with each line while
    `listen` is on, and with each line on stderr while an exception is being handled. `on_error` gets errors of the
    agent's own.
    """

    def __init__(
        self,
        note: Callable[[int, str, int, list[str], int], None],
        on_error: Callable[[Exception], None],
        current: Callable[[], int] = lambda: 0,
        line: Callable[[str, str], None] = lambda stream, line: None,
    ) -> None:
        self._note = note
        self._on_error = on_error
        self._current = current
        self._line = line
        #: Texts that are not noted yet, in order: (stream, thread), text, lines left out before it; or `Long`.
        self._pieces: list[Any] = []
        #: Texts on streams that are in a flood, not noted yet; all of them are the main thread's.
        self._flood: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._streams: dict[str, tuple[Any, Any, Any]] = {}
        self._begun: dict[tuple[str, int], Begun] = {}
        self._numbers: dict[int, int] = {}
        self._main = _thread.get_ident()
        self._lock = _thread.allocate_lock()
        #: Nothing was noted since the last sample.
        self._quiet = True
        self._listening = False
        #: The process ends: each text is noted at once.
        self._over = False
        #: How many short texts in a row since the last sample had the same stream and thread, and which these are.
        self._looked = 0
        self._looked_at: tuple[str, int] | None = None
        #: Characters that may be noted now.
        self._room = MOST_TEXT

    def attach(self) -> None:
        """Replace the `write` methods of what are now sys.stdout and sys.stderr."""
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            try:
                write = stream.write
                looking, appending = self._writer(name, write), self._appender(name, write)
                stream.write = looking
            except AttributeError:
                continue  # there is no such stream, or its object takes no attributes
            self._streams[name] = stream, looking, appending

    def listen(self, wanted: bool) -> None:
        """Switch on or off the call of `line` with each line at once."""
        self._listening = wanted
        self.look()

    def look(self) -> None:
        """Handle each write by itself again, until the next flood."""
        for stream, looking, appending in list(self._streams.values()):
            if stream.__dict__.get("write") is appending:
                stream.write = looking

    def forget(self) -> None:
        """In a forked child: forget text and unfinished lines that the parent printed."""
        del self._pieces[:]
        for texts in self._flood.values():
            del texts[:]
        self._begun = {}
        self._numbers = {}
        self._main = _thread.get_ident()
        self._lock = _thread.allocate_lock()
        self._quiet, self._listening, self._over = True, False, False
        self._room = MOST_TEXT
        self.look()

    def forget_thread(self) -> None:
        """Forget the calling thread, which is about to end: its ident may be another thread's soon."""
        self._numbers.pop(_thread.get_ident(), None)

    def tick(self) -> None:
        """Note waiting text; called by the sampling thread at each sample. A flood is handled with less work per write
        only while the main thread is the only other thread."""
        self._room = min(MOST_TEXT, self._room + MORE_TEXT)
        # A thread that writes long texts in a row need not note each of them itself.
        self._quiet = not (self._pieces and type(self._pieces[-1]) is Long)
        alone = not self._listening and _thread._count() <= 1
        for name, (stream, looking, appending) in list(self._streams.items()):
            now = stream.__dict__.get("write")
            if now is appending and (not alone or len(self._flood[name]) < FLOOD):
                stream.write = looking
            elif now is looking and alone and self._looked >= FLOOD and self._looked_at == (name, 0):
                stream.write = appending
        self._looked, self._looked_at = 0, None
        self.take()

    def flush(self) -> None:
        """At the end of the process: note unfinished lines too, and from now on each text at once."""
        self._over = True
        self.look()
        self.take(wait=True)
        now = time.monotonic_ns()
        for (stream, thread), begun in list(self._begun.items()):
            line = _finished(begun) or begun.before
            if line:
                self._note(now, stream, thread, [_cut(line)], 0)
        self._begun = {}

    def take(self, wait: bool = False) -> None:
        """Note waiting text, unless another thread is doing so; with `wait`, wait for that thread first, 0.1 s at
        most."""
        # The wait is bounded, since this may be a signal handler that interrupted the holder of the lock.
        if not (self._lock.acquire(True, 0.1) if wait else self._lock.acquire(False)):
            return
        try:
            now = time.monotonic_ns()
            runs = self._runs()
            for index in range(len(runs) - 1, -1, -1):  # the newest text gets its room first
                runs[index] = _newest(*runs[index], most=max(self._room, LONG_PIECE))
                self._room = max(0, self._room - len(runs[index][1]))
            for run in runs:
                self._texts(now, *run)
        finally:
            self._lock.release()

    def _appender(self, name: str, write: Callable[[str], int]) -> Callable[[str], int]:
        append = self._flood[name].append
        if name == "stdout":

            def append_and_write(text: str) -> int:
                try:
                    append(text)
                    return write(text)
                except BaseException as error:  # see hooks/subprocess.py
                    error.__traceback__ = errors.outside(error.__traceback__)
                    raise

            return append_and_write
        exception, looking, failed = sys.exc_info, self._put, self._on_error

        def append_and_write_error(text: str) -> int:
            try:
                if exception()[1] is None:
                    append(text)
                else:
                    try:
                        looking(name, text)
                    except Exception as error:
                        failed(error)
                return write(text)
            except BaseException as error:
                error.__traceback__ = errors.outside(error.__traceback__)
                raise

        return append_and_write_error

    def _writer(self, name: str, write: Callable[[str], int]) -> Callable[[str], int]:
        looking, failed = self._put, self._on_error

        def look_and_write(text: str) -> int:
            try:
                try:
                    looking(name, text)
                except Exception as error:
                    failed(error)
                return write(text)
            except BaseException as error:
                error.__traceback__ = errors.outside(error.__traceback__)
                raise

        return look_and_write

    def _put(self, name: str, text: str) -> None:
        if type(text) is not str:
            return  # the stream itself raises an error
        who = _thread.get_ident()
        number = 0 if who == self._main else self._numbers.get(who)
        if number is None:
            number = self._numbers[who] = self._current()
        key = name, number
        # multiprocessing and threading print an exception while it is being handled.
        if self._listening or (name == "stderr" and sys.exc_info()[1] is not None):
            self._hear(key, text)
            return
        pieces = self._pieces
        if key != self._looked_at:
            self._looked, self._looked_at = 0, key
        if len(text) < LONG_PIECE:
            self._looked += 1
            pieces.append((key, text, 0))
        else:
            self._looked = 0
            last = pieces[-1] if pieces else None
            if type(last) is Long and last.key == key:
                last.before += len(last.text)
                last.text = text
            else:
                pieces.append(Long(key, text))
        if self._over or (self._quiet and text[-1:] == "\n"):
            self._quiet = False
            self.take()
        elif len(pieces) > MOST_PIECES and self._lock.acquire(False):
            try:  # join the pieces: the sampling thread has not noted them for a while
                self._pieces[:0] = self._runs()
            finally:
                self._lock.release()

    def _hear(self, key: tuple[str, int], text: str) -> None:
        """Call `line` at once with each line that a text ends."""
        self.take()
        begun = self._begun.get(key)
        lines = ((begun.text if begun is not None else "") + text).split("\n")[:-1]
        self._pieces.append((key, text, 0))
        self.take()
        for line in lines:
            self._line(key[0], line)

    def _runs(self) -> list[tuple[tuple[str, int], str, int]]:
        """Take the waiting texts, and join those in a row that one thread wrote to one stream: (stream, thread), the
        newest text of each row, and how many lines before it are left out."""
        pieces = self._pieces[:]
        del self._pieces[: len(pieces)]
        found: list[tuple[tuple[str, int], str, int]] = []
        run: list[str] = []
        key, dropped = ("", 0), 0
        for piece in pieces:
            is_long = type(piece) is Long
            its = piece.key if is_long else piece[0]
            if run and (is_long or its != key or piece[2]):
                found.append(_newest(key, "".join(run), dropped, MOST_TEXT))
                run, dropped = [], 0
            key = its
            if is_long:
                found.append((key, *piece.newest(max(self._room, LONG_PIECE))))
            else:
                run.append(piece[1])
                dropped += piece[2]
        if run:
            found.append(_newest(key, "".join(run), dropped, MOST_TEXT))
        for name, texts in self._flood.items():
            if texts:
                run = texts[:]
                del texts[: len(run)]
                try:
                    found.append(_newest((name, 0), "".join(run), 0, MOST_TEXT))
                except TypeError:  # an object that is no text, for which the stream itself raised an error
                    text = "".join([piece for piece in run if type(piece) is str])
                    found.append(_newest((name, 0), text, 0, MOST_TEXT))
        return found

    # -- from texts to lines

    def _texts(self, now: int, key: tuple[str, int], text: str, dropped: int) -> None:
        """Note the text of a thread on a stream, after `dropped` lines that are left out."""
        if not text:
            return
        stream, thread = key
        begun = self._begun.get(key)
        if begun is None:
            begun = self._begun[key] = Begun()
        if dropped:
            begun.text, begun.cut = "", 0
        end = text.rfind("\n")
        if end >= 0:
            lines = text[:end].split("\n")
            lines[0] = _last_state(_joined(begun, lines[0])) or begun.before
            begun.text, begun.cut, begun.before, text = "", 0, "", text[end + 1 :]
            self._note(now, stream, thread, [_cut(_last_state(line)) for line in lines], dropped)
        self._go_on(now, stream, thread, begun, text)

    def _go_on(self, now: int, stream: str, thread: int, begun: Begun, text: str) -> None:
        """Keep the beginning of an unfinished line."""
        at = text.rfind("\r")
        if at >= 0:  # the text before \r is replaced
            last = text.rfind("\r", 0, at)
            before = text[last + 1 : at] if last >= 0 else _last_state(_joined(begun, text[:at]))
            begun.text, begun.cut, text = "\r", 0, text[at + 1 :]
            begun.before = before or begun.before
            if before and now - begun.progress > PROGRESS:
                begun.progress, begun.before = now, ""
                self._note(now, stream, thread, [_cut(before)], 0)
        room = LONGEST - len(begun.text)
        begun.text += text[:room]
        begun.cut += max(0, len(text) - room)


def _newest(key: tuple[str, int], text: str, dropped: int, most: int) -> tuple[tuple[str, int], str, int]:
    """The end of a text, at most `most` characters from the beginning of a line on, and how many lines are left out."""
    if len(text) > most:
        # A single line that is longer than `most` is kept here, since it is cut later and needs its beginning.
        at = text.find("\n", len(text) - most) + 1
        if 0 < at < len(text):
            return key, text[at:], dropped + text.count("\n", 0, at)
    return key, text, dropped


def _joined(begun: Begun, text: str) -> str:
    """The beginning of a line, and the text that was printed next."""
    return begun.text + text if not begun.cut else _finished(begun, len(text))


def _finished(begun: Begun, more: int = 0) -> str:
    text = _last_state(begun.text)
    return _marked(text, begun.cut + more) if begun.cut else text


def _last_state(line: str) -> str:
    """The text that a terminal shows in the end: the last one between \\r that is not empty."""
    if "\r" not in line:
        return line
    states = [state for state in line.split("\r") if state]
    return states[-1] if states else ""


def _cut(line: str) -> str:
    """A line cut to `trace_format.MAX_LINE` bytes of UTF-8, and marked if it was cut."""
    if len(line) * 4 <= trace_format.MAX_LINE:
        return line
    data = line.encode("utf-8", "backslashreplace")
    if len(data) <= trace_format.MAX_LINE:
        return line
    kept = data[: trace_format.MAX_LINE].decode("utf-8", "ignore")
    return _marked(kept, len(line) - len(kept))


def _marked(kept: str, more: int) -> str:
    return "%s… (%d more characters)" % (kept, more)
