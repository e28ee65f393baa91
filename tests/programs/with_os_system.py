"""os.system and os.popen."""

import os
import sys

sys.stdout.flush()
print(os.system("echo in a shell"), flush=True)
print(os.system(f'"{sys.executable}" -c "import os; os._exit(2)"') >> 8)
print(os.system("kill -TERM $$"))
with os.popen("echo piped") as pipe:
    print(pipe.read(), end="")
