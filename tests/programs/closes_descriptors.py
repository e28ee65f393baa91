"""A child closes all its descriptors but the first three, and opens files of its own."""

import os
import tempfile

count = 0
pid = os.fork()
if not pid:
    os.closerange(3, 1024)
    files = [tempfile.TemporaryFile() for _ in range(30)]
    for file in files:
        file.write(b"mine")
        file.flush()
    while count < 300_000:
        count += 1
    for file in files:
        file.seek(0)
    print("only mine:", {file.read() for file in files}, flush=True)
    os.closerange(0, 1024)
    os._exit(3)
print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
