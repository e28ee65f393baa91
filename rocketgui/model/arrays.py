"""numpy, loaded without a thread of its own.

Where the system gives no more threads, OpenBLAS, which numpy brings, sends SIGINT to its own process (its
driver/others/blas_server.c), and that would be taken for a Ctrl-C of the user's. Nothing here is large enough for more
threads than one. Programs that are started later do not inherit the setting.
"""

from __future__ import annotations

import os

_THREADS = "OPENBLAS_NUM_THREADS"
_given = os.environ.get(_THREADS)
os.environ[_THREADS] = _given or "1"
import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402

if _given is None:
    del os.environ[_THREADS]

Floats = npt.NDArray[np.float64]

__all__ = ["Floats", "np"]
