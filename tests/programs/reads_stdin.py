"""Reads its standard input to the end: a line here, the rest by a child."""

import subprocess
import sys

print("first:", input("prompt> "), flush=True)
print("then:", sys.stdin.readline().strip(), flush=True)
rest = sys.stdin.read()
print("rest:", rest.split())
child = [sys.executable, "-c", "print('child:', input())"]
print(subprocess.run(child, input="for the child\n", stdout=subprocess.PIPE, text=True).stdout, end="")
