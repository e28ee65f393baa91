"""The process becomes another program twice: this one again, then one with an environment of its own."""

import os
import sys

rounds = int(sys.argv[1])
print("round", rounds, sys.argv[1:], flush=True)
if rounds == 2:
    os.execv(sys.executable, [sys.executable, __file__, "1", "again"])
if rounds == 1:
    os.execve(sys.executable, [sys.executable, __file__, "0"], {"LC_CTYPE": "C.UTF-8"})
sys.exit(4)
