"""What the package's child does."""

import sys


def report(number):
    print("in the child", number, __name__, sys.modules["__main__"].__spec__ is not None, flush=True)
    sys.exit(number)
