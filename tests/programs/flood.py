"""100,000 lines from eight children."""

import multiprocessing

LINES = 100_000
CHILDREN = 8


def talk(number):
    for line in range(LINES // CHILDREN):
        print(f"child {number} line {line}", flush=line % 50 == 49)


if __name__ == "__main__":
    processes = [multiprocessing.Process(target=talk, args=(number,)) for number in range(CHILDREN)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print("the end")
