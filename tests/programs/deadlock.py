"""A child waits for a lock that it never gets, until it is terminated."""

import multiprocessing
import sys


def wait_for(lock, ready):
    ready.set()
    with lock:
        print("never here")


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    lock, ready = context.Lock(), context.Event()
    lock.acquire()
    process = context.Process(target=wait_for, args=(lock, ready))
    process.start()
    ready.wait()
    process.join(0.3)
    print("still waiting:", process.exitcode is None)
    process.terminate()
    process.join()
    print("exit code", process.exitcode)
