"""The first of three workers dies while it holds the lock that the others wait for; with "released" it does not."""

import multiprocessing
import os
import signal
import sys


def work(number, lock, taken, release):
    if number == 0:
        lock.acquire()
        taken.set()
        if not release:
            os.kill(os.getpid(), signal.SIGKILL)
        lock.release()
    taken.wait()
    with lock:
        print("worker", number)


if __name__ == "__main__":
    lock, taken = multiprocessing.Lock(), multiprocessing.Event()
    release = sys.argv[1:] == ["released"]
    workers = [multiprocessing.Process(target=work, args=(number, lock, taken, release)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
