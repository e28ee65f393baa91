"""rocketgui's command, run as its user runs it."""

from __future__ import annotations

import subprocess
import sys

from tests.helpers import LONGEST, environment


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Without a screen, but for what `variables` name."""
    kept = {k: v for k, v in environment().items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "-m", "rocketgui", *words],
        env={**kept, **variables}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST,
        check=False,
    )  # fmt: skip
