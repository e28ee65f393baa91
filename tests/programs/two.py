"""Two functions, each in a process of its own, count the global `rocket` for as long as they are let."""

import multiprocessing
import sys

rocket = 0


def func1():
    global rocket
    print("start func1", flush=True)
    while rocket < sys.maxsize:
        rocket += 1
    print("end func1", flush=True)


def func2():
    global rocket
    print("start func2", flush=True)
    while rocket < sys.maxsize:
        rocket += 1
    print("end func2", flush=True)


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    first = multiprocessing.Process(target=func1)
    first.start()
    second = multiprocessing.Process(target=func2)
    second.start()
    first.join()
    second.join()
