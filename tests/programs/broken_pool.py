"""A worker of an executor is killed at its task: the executor breaks, and says so."""

import concurrent.futures
import multiprocessing
import os
import signal
from concurrent.futures.process import BrokenProcessPool


def die():
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    both_are_up = context.Barrier(2)
    with concurrent.futures.ProcessPoolExecutor(2, context, both_are_up.wait) as executor:
        try:
            executor.submit(die).result()
        except BrokenProcessPool as error:
            print(type(error).__name__, error)
