"""Prints all that a program can see of how it was started."""

import os
import sys
import threading

import __main__

print(sys.argv, __file__, __name__, sys.path, sep="\n")
print(os.getcwd(), os.path.abspath(sys.executable), sys.flags, sys.warnoptions, sep="\n")
print(*sorted(os.environ.items()), sep="\n")
print(__main__.__doc__, __spec__, __package__, type(__loader__).__name__, sorted(vars(__main__)))
print(threading.active_count(), sorted(os.listdir("/proc/self/fd")), os.getpgrp() == os.getpid())
