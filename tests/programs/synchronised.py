"""Barrier, Event, Condition, Semaphore and RLock among three processes."""

import multiprocessing
import sys


def take_part(number, barrier, event, condition, order, semaphore):
    barrier.wait()
    event.wait()
    with condition:
        condition.wait_for(lambda: order.value == number)
        print("turn of", number, flush=True)
        order.value += 1
        condition.notify_all()
    with semaphore:
        barrier.wait(10)


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    barrier, event, condition = context.Barrier(3), context.Event(), context.Condition(context.RLock())
    order, semaphore = context.Value("i", 0, lock=False), context.Semaphore(3)
    shared = barrier, event, condition, order, semaphore
    processes = [context.Process(target=take_part, args=(number, *shared)) for number in range(3)]
    for process in processes:
        process.start()
    event.set()
    for process in processes:
        process.join()
    print("over", order.value)
