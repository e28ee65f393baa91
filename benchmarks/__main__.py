"""Runs the benchmark that is named first."""

from __future__ import annotations

import importlib
import sys

#: Name on the command line: module with `main(arguments) -> exit code`.
BENCHMARKS = {"observer": "benchmarks.observer", "frames": "benchmarks.frames"}


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHMARKS:
        print(f"python -m benchmarks {{{'|'.join(BENCHMARKS)}}} [--help]", file=sys.stderr)
        return 2
    module = importlib.import_module(BENCHMARKS[sys.argv[1]])
    code: int = module.main(sys.argv[2:])
    return code


if __name__ == "__main__":
    sys.exit(main())
