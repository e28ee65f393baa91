"""A loky executor: its workers are started anew and kept."""

import os

from loky import get_reusable_executor


def cube(number):
    return number**3, os.getpid()


if __name__ == "__main__":
    executor = get_reusable_executor(max_workers=2, timeout=60)
    results = list(executor.map(cube, range(20)))
    print(sum(result for result, _ in results))
    print(os.getpid() not in {pid for _, pid in results}, executor is get_reusable_executor(max_workers=2, timeout=60))
    executor.shutdown(wait=True)
