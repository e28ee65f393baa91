"""Prints a lot, or makes short-lived processes and threads, and writes to a file how long that took.

python printing.py KIND COUNT FILE: the CPU seconds of this process and of the children that it waited for.
"""

import os
import sys
import threading
import time

BAR = "#" * 85


def lines(count: int) -> None:
    for number in range(count):
        print("line", number)


def blocks(count: int) -> None:
    block = ("x" * 63 + "\n") * 1024
    for _ in range(count):
        sys.stdout.write(block)


def bars(count: int) -> None:
    for number in range(count):
        sys.stderr.write(f"\r{number:8}/{count} {BAR}")


def dots(count: int) -> None:
    for _ in range(count):
        sys.stdout.write(".")


def forks(count: int) -> None:
    for _ in range(count):
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)


def threads(count: int) -> None:
    for _ in range(count):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()


def main() -> None:
    kind, count, file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    own, before = time.process_time(), os.times()
    globals()[kind](count)
    own, after = time.process_time() - own, os.times()
    children = sum(after[2:4]) - sum(before[2:4])
    with open(file, "w") as opened:
        opened.write(str(own + children))


if __name__ == "__main__":
    main()
