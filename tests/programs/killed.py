"""A child dies of SIGSEGV, another one of SIGKILL; the exit code tells."""

import multiprocessing
import os
import signal
import sys


def die(number):
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    for number in (signal.SIGSEGV, signal.SIGKILL):
        process = context.Process(target=die, args=(number,))
        process.start()
        process.join()
        print("exit code", process.exitcode, flush=True)
