"""os.fork, and a child that forks as well; each leaves by the end of the program."""

import os
import sys

count = 0
who = "parent"
child = os.fork()
if not child:
    who = "child"
    grandchild = os.fork()
    if not grandchild:
        who = "grandchild"
    else:
        os.waitpid(grandchild, 0)
else:
    _, status = os.waitpid(child, 0)
    print("status", os.WEXITSTATUS(status), flush=True)
while count < {"parent": 10, "child": 20, "grandchild": 30}[who]:
    count += 1
print(who, count, flush=True)
sys.exit({"parent": 0, "child": 5, "grandchild": 6}[who])
