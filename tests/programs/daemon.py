"""Forks twice, so that its grandchild outlives it: how a daemon is made."""

import os
import sys
import time

if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    silent = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(silent, descriptor)
    time.sleep(float(sys.argv[1]))
    os._exit(0)
os.wait()
print("the daemon is on its own")
