"""Forked children that leave by os._exit: neither handlers nor buffers of theirs are seen to."""

import atexit
import os

atexit.register(print, "handler of the parent")
for code in range(4):
    pid = os.fork()
    if not pid:
        print("never written")
        os._exit(code)
    print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]), flush=True)
