"""Runs the benchmark that is named first."""

from __future__ import annotations

import compileall
import importlib
import signal
import sys
from pathlib import Path

import rocketgui

#: Name on the command line: module with `main(arguments) -> exit code`.
BENCHMARKS = {
    "observer": "benchmarks.observer",
    "frames": "benchmarks.frames",
    "startup": "benchmarks.startup",
}


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHMARKS:
        print(f"python -m benchmarks {{{'|'.join(BENCHMARKS)}}} [--help]", file=sys.stderr)
        return 2
    # As `pip install` does, where the environment says that Python shall write no compiled modules.
    compileall.compile_dir(Path(rocketgui.__file__).parent, quiet=1)
    # SIGTERM as an exception, like Ctrl-C: busy workers would outlive the benchmark otherwise.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    module = importlib.import_module(BENCHMARKS[sys.argv[1]])
    code: int = module.main(sys.argv[2:])
    return code


if __name__ == "__main__":
    sys.exit(main())
