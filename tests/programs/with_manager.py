"""A manager's list and dictionary, changed by three processes."""

import multiprocessing
import sys


def add(shared, found, number):
    shared.append(number)
    found[f"square of {number}"] = number * number


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with context.Manager() as manager:
        shared, found = manager.list(), manager.dict()
        processes = [context.Process(target=add, args=(shared, found, number)) for number in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        print(sorted(shared), sorted(found.items()))
