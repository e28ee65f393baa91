"""A pool of threads, and one of multiprocessing's."""

import concurrent.futures
from multiprocessing.pool import ThreadPool

with concurrent.futures.ThreadPoolExecutor(3) as executor:
    print(sum(executor.map(len, ["x" * length for length in range(100)])))
    print([future.result() for future in [executor.submit(pow, 2, number) for number in range(5)]])
with ThreadPool(2) as pool:
    print(pool.map(abs, range(-3, 3)))
