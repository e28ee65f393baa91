"""The black boxes of a run: finds new ones, reads all of them, and puts away those of processes that have ended."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable

from rocketgui.agent import layout
from rocketgui.collector.boxes import Box, NotABox
from rocketgui.collector.census import Row
from rocketgui.collector.ends import room_for_descriptors
from rocketgui.collector.records import Translator

#: The clock of a file system may stand still this long, in ns: a file made meanwhile does not show in its directory.
CLOCK = 50_000_000
#: How often it is asked whose a box is, once a tick, before it is nobody's but its own.
PATIENCE = 60


class Shelf:
    """`before_first` is called when the first black box turns up: the one of the program's first process, about which
    the supervisor's report may come later."""

    def __init__(
        self, directory: str, watch: tuple[str, ...], translator: Translator, before_first: Callable[[], None]
    ) -> None:
        self._directory = directory
        self._watch = watch
        self._translator = translator
        self._before_first = before_first
        self._boxes: dict[str, tuple[Box, Row]] = {}
        #: Boxes of which it is not known yet whose they are, and how often that was asked.
        self._unclaimed: dict[str, tuple[Box, int]] = {}
        self._put_away = (0, 0, 0)
        self._listed_ns = -1
        self._looked_ns = 0
        self._opened = 0
        self._room = room_for_descriptors()

    def find(self) -> None:
        """Look for new files, but only when the directory has changed."""
        self._looked_ns = time.monotonic_ns()
        changed = os.stat(self._directory).st_mtime_ns
        if changed == self._listed_ns:
            return
        names = sorted(name for name in os.listdir(self._directory) if name.endswith(layout.BOX_SUFFIX))
        self._listed_ns = changed if time.time_ns() - changed > CLOCK else -1
        for name in names:
            if name not in self._boxes and name not in self._unclaimed:
                if len(self._boxes) + len(self._unclaimed) >= self._room:
                    self._listed_ns = -1  # the file keeps what is written into it until another one is put away
                    break
                with contextlib.suppress(FileNotFoundError):
                    self._open(name)

    def _open(self, name: str) -> None:
        path = os.path.join(self._directory, name)
        try:
            box = Box(path)
        except NotABox:
            self._translator.bad += 1
            os.unlink(path)
            return
        if not self._opened:
            self._before_first()
        self._opened += 1
        self._unclaimed[name] = box, 0

    def _claim(self, name: str, box: Box, asked: int) -> None:
        row = self._translator.meet(box, patient=asked < PATIENCE)
        if row is None:
            self._unclaimed[name] = box, asked + 1
            return
        self._unclaimed.pop(name, None)
        # The names stand among the events, which are read after the samples.
        row.names.update({index: (row.id, name) for index, name in enumerate(self._watch)})
        self._boxes[name] = box, row

    def read(self) -> None:
        """Translate all that is new.

        A parent tells of each start() before it calls the next one. So what is told comes first, then what was found:
        processes become known in the order in which they were started.
        """
        for name in list(self._boxes):
            self._read(name)
        for name, (box, asked) in sorted(self._unclaimed.items(), key=lambda item: item[1][0].began_ns):
            self._claim(name, box, asked)
            if name in self._boxes:
                self._read(name)
        # Lines from after this look may not all have been read.
        self._translator.flush(self._looked_ns)

    def _read(self, name: str) -> None:
        box, row = self._boxes[name]
        self._translator.take(row, box.read())
        if row.ended:
            self._translator.take(row, box.read(patience=0))
            self._put(name)

    def read_last(self, row: Row) -> None:
        """Translate the last words of a process that has ended: nothing more will be written."""
        for box, owner in self._boxes.values():
            if owner is row:
                self._translator.take(row, box.read(patience=0))
        self._translator.flush(self._looked_ns)

    def read_rest(self) -> None:
        """Once nothing writes any more: translate everything, and put all boxes away."""
        self._listed_ns = -1
        self.find()
        while self._boxes or self._unclaimed:
            for name, (box, _) in list(self._unclaimed.items()):
                self._claim(name, box, PATIENCE)
            for name, (box, row) in list(self._boxes.items()):
                self._translator.take(row, box.read(patience=0))
                self._put(name)
            self.find()
        self._translator.flush()

    def losses(self) -> tuple[int, int, int]:
        """Samples, lines of output and other records that were written and not read."""
        columns = zip(self._put_away, *(_losses(box) for box, _ in self._boxes.values()), strict=True)
        samples, lines, others = (sum(column) for column in columns)
        return samples, lines, others

    def _put(self, name: str) -> None:
        box, _ = self._boxes.pop(name)
        samples, lines, others = self._put_away
        lost = _losses(box)
        self._put_away = samples + lost[0], lines + lost[1], others + lost[2]
        box.close()


def _losses(box: Box) -> tuple[int, int, int]:
    return box.samples_lost, box.lines_lost, box.bad + box.events_lost
