"""Starts processes one after the other and prints, in ms, how long each took from start() to its first line.

Copied and run on its own, by any Python. Standard library only, syntax of Python 3.8.
"""

import multiprocessing
import sys
import time
from typing import Any

rocket = 0


def first_line(pipe: Any) -> None:
    pipe.send(time.monotonic_ns())


def main() -> None:
    context: Any = multiprocessing.get_context(sys.argv[1])
    for _ in range(int(sys.argv[2])):
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(target=first_line, args=(writer,))
        before = time.monotonic_ns()
        process.start()
        print((reader.recv() - before) / 1e6)
        process.join()


if __name__ == "__main__":
    main()
