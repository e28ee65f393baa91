"""Writes the board: what the observed processes are asked to do. The collector is its only writer."""

from __future__ import annotations

import mmap
import os
import struct
import zlib

from rocketgui.agent import layout


class Board:
    """The file `board` in the run's directory, and the settings that now stand on it."""

    def __init__(self, directory: str, rate_hz: float) -> None:
        path = os.path.join(directory, layout.BOARD_FILE)
        with open(path, "xb") as file:
            file.write(bytes(layout.BOARD_SIZE))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), layout.BOARD_SIZE)
        self._version = 0
        self._rate_hz = rate_hz
        self._settings: dict[tuple[str, str], int] = {}
        self._write()

    def set(self, who: str, name: str, value: int) -> None:
        """Hold the global `name` at `value`: in a process (pid), a thread (pid:number), or all of them (0)."""
        self._settings[who, name] = value
        self._write()

    def forget(self, pid: int) -> None:
        """A process is gone; its pid may come again."""
        stale = [key for key in self._settings if key[0].partition(":")[0] == str(pid)]
        if stale:
            for key in stale:
                del self._settings[key]
            self._write()

    def close(self) -> None:
        self._memory.close()

    def _write(self) -> None:
        lines = [f"rate {self._rate_hz}", *(f"set {who} {name} {v}" for (who, name), v in self._settings.items())]
        text = "\n".join(lines).encode()
        self._version += 1
        check = zlib.crc32(text, self._version)
        self._memory[layout.BOARD_TEXT : layout.BOARD_TEXT + len(text)] = text
        struct.pack_into(layout.BOARD, self._memory, 0, self._version, check, len(text))
