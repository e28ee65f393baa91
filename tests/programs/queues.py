"""Queue, SimpleQueue, JoinableQueue and Pipe between a parent and its children."""

import multiprocessing
import sys


def work(tasks, results):
    for number in iter(tasks.get, None):
        results.put(number * 2)
        tasks.task_done()
    tasks.task_done()


def answer(connection):
    connection.send(connection.recv().upper())
    connection.close()


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    tasks, results = context.JoinableQueue(), context.Queue()
    workers = [context.Process(target=work, args=(tasks, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for number in [*range(100), None, None]:
        tasks.put(number)
    tasks.join()
    print(sum(results.get() for _ in range(100)))
    here, there = context.Pipe()
    asked = context.Process(target=answer, args=(there,))
    asked.start()
    here.send("a question")
    print(here.recv())
    for process in (*workers, asked):
        process.join()
        print(process.exitcode)
