"""A progress bar on standard error and dots on standard output, as fast as they can be written."""

import sys

STATES = 20_000
DOTS = 200_000

if __name__ == "__main__":
    for state in range(STATES + 1):
        sys.stderr.write(f"\r{state:6}/{STATES} " + "#" * (state * 60 // STATES))
    sys.stderr.write("\n")
    for _ in range(DOTS):
        print(".", end="")
    print()
