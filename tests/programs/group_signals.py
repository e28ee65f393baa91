"""Sends a signal to its own process group, in which a child is that handles it, too.

python group_signals.py handled|ignored|default
"""

import os
import signal
import subprocess
import sys

CHILD = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
input()
print("child")
"""


if __name__ == "__main__":
    how = sys.argv[1]
    got = []
    if how != "default":
        signal.signal(signal.SIGTERM, (lambda *_: got.append("got it")) if how == "handled" else signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    print(child.stdout.readline(), end="", flush=True)
    if how == "default":
        child.communicate("\n")
    os.killpg(0, signal.SIGTERM)
    print(*got, *child.communicate("\n")[0].splitlines())
    sys.exit(3)
