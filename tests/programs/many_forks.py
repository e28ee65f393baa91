"""200 short-lived children, most of them two at a time."""

import os

ended = 0
previous = None
for number in range(200):
    pid = os.fork()
    if not pid:
        os._exit(number % 7)
    if previous is not None:
        ended += os.WEXITSTATUS(os.waitpid(previous, 0)[1])
    previous = pid
ended += os.WEXITSTATUS(os.waitpid(previous, 0)[1])
print("sum of the exit codes:", ended)
