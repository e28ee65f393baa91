"""Starts a Python with subprocess; the argument says how."""

import os
import subprocess
import sys

CODE = "import sys; count = sum(range(100)); print('in the child', count, sys.argv[1:])"
HOW = {
    "plain": lambda: subprocess.run([sys.executable, "-c", CODE, "x"]),
    "copy": lambda: subprocess.run([sys.executable, "-c", CODE, "x"], env=dict(os.environ)),
    "empty": lambda: subprocess.run([sys.executable, "-c", CODE, "x"], env={}),
    "isolated": lambda: subprocess.run([sys.executable, "-I", "-c", CODE, "x"]),
    "shell": lambda: subprocess.run(f'"{sys.executable}" -c "{CODE}" x; exit 3', shell=True),
    "captured": lambda: subprocess.run([sys.executable, "-c", CODE], stdout=subprocess.PIPE),
    "foreign": lambda: subprocess.run(["sleep", "0.05"]),
}

done = HOW[sys.argv[1]]()
print(done.returncode, done.stdout)
