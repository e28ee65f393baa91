"""numpy, loaded without a thread of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads as Linux tells of them")
def test_numpy_is_loaded_without_threads_and_leaves_no_setting_behind() -> None:
    """OpenBLAS would send SIGINT to this process where the system gives no more threads."""
    asks = "import os, rocketgui.model.series; print(len(os.listdir('/proc/self/task')), *os.environ)"
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", asks], env=environment, capture_output=True, text=True, check=True)
    threads, *names = done.stdout.split()
    assert threads == "1"
    assert "OPENBLAS_NUM_THREADS" not in names
