"""How a process ended, as the system tells it."""

from __future__ import annotations

import subprocess

from rocketgui.collector.processes import exit_watcher, sampler
from tests.helpers import is_gone, state, until


def test_exit_status(busy: subprocess.Popen[bytes]) -> None:
    """Known before anybody has waited for the process."""
    assert exit_watcher.exit_status(busy.pid) is None
    busy.kill()
    until(lambda: state(busy.pid) == "Z", "its end")
    assert exit_watcher.exit_status(busy.pid) == -9
    busy.wait()
    assert exit_watcher.exit_status(busy.pid) is None
    assert is_gone(busy.pid)
    assert sampler.command(busy.pid) is None
