"""The parent joins a child that has put more into a queue than a pipe holds; with "get" it takes it out first."""

import multiprocessing
import sys
import time

MANY = 100_000


def fill(queue):
    for number in range(MANY):
        queue.put(number)


if __name__ == "__main__":
    queue = multiprocessing.Queue()
    child = multiprocessing.Process(target=fill, args=(queue,), name="filler")
    child.start()
    if sys.argv[1:] == ["get"]:
        time.sleep(1.2)  # the child waits as well, and the parent does not
        for _ in range(MANY):
            queue.get()
    child.join()
    print("done")
