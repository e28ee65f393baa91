"""Four workers take tasks from a queue, and share a lock. For the picture in your-program.md; runs on its own."""

import multiprocessing
import time

done = 0


def work(tasks, results, lock):
    global done
    for size in iter(tasks.get, None):
        for _ in range(size * 1_000_000):
            done += 1
        with lock:
            time.sleep(0.1)
        results.put(done)


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    tasks, results, lock = context.Queue(), context.Queue(), context.Lock()
    workers = [context.Process(target=work, args=(tasks, results, lock), name=f"worker {n}") for n in range(1, 5)]
    for worker in workers:
        worker.start()
    for number in range(40):
        tasks.put(number % 7 + 1)
    for _ in range(40):
        print("counted to", results.get(), flush=True)
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()
