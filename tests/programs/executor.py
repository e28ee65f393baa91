"""An executor of processes: results in order, an exception of a task, callbacks."""

import concurrent.futures
import multiprocessing
import sys


def half(number):
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:
        print(list(executor.map(half, range(0, 20, 2))))
        future = executor.submit(half, 3)
        try:
            future.result()
        except ValueError as error:
            print("failed:", error)
        ready = executor.submit(half, 8)
        ready.add_done_callback(lambda done: print("done:", done.result()))
        concurrent.futures.wait([ready])
