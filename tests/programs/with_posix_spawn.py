"""os.posix_spawn, with the environment and without one."""

import os
import sys

CODE = "import os; print('spawned', len(os.environ) > 2, flush=True)"
for environment in (os.environ, {"LC_CTYPE": "C.UTF-8"}):
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", CODE], environment)
    print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]), flush=True)
pid = os.posix_spawnp("true", ["true"], os.environ)
print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
