"""Two functions that count to Python 2's largest int, as one would have written them then."""

import multiprocessing
import sys

rocket = 0


def func1():
    global rocket
    print("start func1", flush=True)
    while rocket < sys.maxint:
        rocket += 1
    print("end func1", flush=True)


def func2():
    global rocket
    print("start func2", flush=True)
    while rocket < sys.maxint:
        rocket += 1
    print("end func2", flush=True)


if __name__ == "__main__":
    p1 = multiprocessing.Process(target=func1, name="func1")
    p2 = multiprocessing.Process(target=func2, name="func2")
    p1.start()
    p2.start()
    p1.join()
    p2.join()
