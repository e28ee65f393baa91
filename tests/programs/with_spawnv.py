"""os.spawnv, waited for and not."""

import os
import sys

print(os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", "import sys; sys.exit(3)"]))
pid = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", "print('not waited for', flush=True)"])
print(os.waitpid(pid, 0)[1])
print(os.spawnlp(os.P_WAIT, "true", "true"))
