"""A worker of a pool dies at one of the tasks; with "raise" the task fails as it should."""

import multiprocessing
import os
import sys


def work(task):
    if task == 3:
        if sys.argv[1:] == ["raise"]:
            raise ValueError("no such task")
        os._exit(5)
    return task


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        try:
            print(pool.map(work, range(6)))
        except ValueError as error:
            print(error)
