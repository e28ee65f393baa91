"""atexit and multiprocessing's own: in the parent and in a child, also after an exception."""

import atexit
import multiprocessing
import sys
import weakref
from multiprocessing import util


class Thing:
    pass


def work():
    atexit.register(print, "atexit of a child: not called where it is forked", flush=True)
    util.Finalize(None, print, ("finalizer of the child",), {"flush": True}, exitpriority=1)
    print("child", flush=True)


if __name__ == "__main__":
    atexit.register(print, "first registered, last called")
    atexit.register(sys.stdout.flush)
    thing = Thing()
    weakref.finalize(thing, print, "finalizer of the parent")
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work)
    process.start()
    process.join()
    raise SystemExit(6)
