"""Handlers of signals: SIGTERM to a child, SIGALRM and SIGCHLD here."""

import multiprocessing
import signal
import sys
import time


def end(number, frame):
    print("child:", signal.Signals(number).name, flush=True)
    sys.exit(11)


def wait(ready):
    signal.signal(signal.SIGTERM, end)
    ready.set()
    while True:
        time.sleep(1)


if __name__ == "__main__":
    ended = []
    signal.signal(signal.SIGCHLD, lambda *_: ended.append("a child"))
    context = multiprocessing.get_context(sys.argv[1])
    ready = context.Event()
    process = context.Process(target=wait, args=(ready,))
    process.start()
    ready.wait()
    process.terminate()
    process.join()
    print("exit code", process.exitcode, ended[:1])
    signal.signal(signal.SIGALRM, lambda number, _: print("parent:", signal.Signals(number).name))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    signal.pause()
