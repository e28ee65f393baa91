"""A child dies of an exception, another one of SystemExit with a text; the parent goes on."""

import multiprocessing
import sys


def divide(number):
    return 1 / number


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    for target, argument in ((divide, 0), (sys.exit, "a text instead of a number")):
        process = context.Process(target=target, args=(argument,))
        process.start()
        process.join()
        print("exit code", process.exitcode, flush=True)
