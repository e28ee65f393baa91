"""Daemonic children are ended with their parent, and may have none of their own."""

import multiprocessing
import sys
import time


def wait_for_ever(ready):
    try:
        multiprocessing.Process(target=print).start()
    except AssertionError as error:
        print(error, flush=True)
    ready.set()
    while True:
        time.sleep(1)


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    for _ in range(2):
        ready = context.Event()
        context.Process(target=wait_for_ever, args=(ready,), daemon=True).start()
        ready.wait()
    print("the parent ends")
