"""Reads the supervisor's reports: lines of JSON in a file, which may have several readers."""

from __future__ import annotations

import json
import os
from typing import Any

#: The file is read in pieces of so many bytes; no line is longer.
PIECE = 1 << 22


class SupervisorReports:
    """Reads the file of the supervisor's reports.

    Attributes:
        read_to: the offset in bytes up to which the file was read.
        root: the pid of the program's first process; None until it was reported.
    """

    def __init__(self, descriptor: int, read_to: int = 0) -> None:
        self._descriptor = descriptor
        self.read_to = read_to
        self.root: int | None = None

    def new(self) -> list[dict[str, Any]]:
        """The reports since the last call."""
        whole = self._read().rpartition(b"\n")[0]
        if not whole:
            return []
        self.read_to += len(whole) + 1
        found = [report for line in whole.split(b"\n") if (report := _parsed(line)) is not None]
        for report in found:
            if report.get("event") == "started" and type(report.get("pid")) is int:
                self.root = report["pid"]
        return found

    def _read(self) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, PIECE, self.read_to)
        os.lseek(self._descriptor, self.read_to, os.SEEK_SET)  # Windows
        return os.read(self._descriptor, PIECE)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        report = json.loads(line)
    except ValueError:  # half a line: the supervisor was killed
        return None
    return report if isinstance(report, dict) else None
