"""A package that is run by `python -m`."""

import multiprocessing
import os
import sys

from . import work

if __name__ == "__main__":
    print([os.path.basename(sys.argv[0]), *sys.argv[1:]], __name__, __package__, __spec__.name)
    print(os.path.basename(__file__), sys.path[0] == os.getcwd(), flush=True)
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work.report, args=(len(sys.argv),))
    process.start()
    process.join()
    sys.exit(process.exitcode)
