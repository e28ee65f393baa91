"""A pool maps a function over 1,000 tasks."""

import multiprocessing
import sys

done = 0


def square(number):
    global done
    done += 1
    return number * number


if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(3) as pool:
        print(sum(pool.map(square, range(1000))))
        print(list(pool.imap(square, range(5))), sorted(pool.imap_unordered(square, range(5))))
        print(pool.apply_async(square, (9,)).get())
        pool.close()
        pool.join()
    print("done here:", done)
