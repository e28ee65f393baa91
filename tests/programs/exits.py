"""Ends in the way that the argument says."""

import os
import signal
import sys


class Strange(Exception):
    pass


def fail():
    raise Strange("nobody catches this")


HOW = {
    "code": lambda: sys.exit(3),
    "text": lambda: sys.exit("a text for stderr"),
    "none": lambda: sys.exit(),
    "exception": fail,
    "interrupt": lambda: os.kill(os.getpid(), signal.SIGINT),
    "signal": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "quit": lambda: os._exit(9),
}
print("before the end", flush=True)
HOW[sys.argv[1]]()
