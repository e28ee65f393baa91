"""Threads: joined, daemonic, one with an exception, and what threading tells of them."""

import threading

total = 0
lock = threading.Lock()
leave = threading.Event()


def add():
    global total
    for _ in range(1000):
        with lock:
            total += 1


def fail():
    raise KeyError("in a thread")


threads = [threading.Thread(target=add, name=f"adder {number}") for number in range(4)]
threads.append(threading.Thread(target=leave.wait, daemon=True, name="waiter"))
for thread in threads:
    thread.start()
for thread in threads[:-1]:
    thread.join()
print(total, [thread.name for thread in threading.enumerate()])
failing = threading.Thread(target=fail, name="failing")
failing.start()
failing.join()
timer = threading.Timer(0.01, print, ["timer"])
timer.start()
timer.join()
print(threading.active_count(), threading.main_thread().name)
