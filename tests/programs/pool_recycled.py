"""Each worker of a pool does two tasks and is replaced."""

import multiprocessing
import os


def whose(_):
    return os.getpid()


if __name__ == "__main__":
    with multiprocessing.Pool(2, maxtasksperchild=2) as pool:
        workers = pool.map(whose, range(12), chunksize=1)
        pool.close()
        pool.join()
    print(len(workers), len(set(workers)) >= 6)
