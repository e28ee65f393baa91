"""joblib's two ways to have processes: loky and multiprocessing."""

import time

from joblib import Parallel, delayed


def halve(number):
    time.sleep(0.02)
    return number / 2


if __name__ == "__main__":
    print(sum(Parallel(n_jobs=2)(delayed(halve)(number) for number in range(10))))
    print(sum(Parallel(n_jobs=2, backend="multiprocessing")(delayed(halve)(number) for number in range(10))))
