"""There is a sitecustomize on PYTHONPATH already; children have it too."""

import multiprocessing
import os
import subprocess
import sys


def look():
    print("child", sys.site_was_here, os.path.basename(os.path.dirname(sys.modules["sitecustomize"].__file__)))


if __name__ == "__main__":
    look()
    sys.stdout.flush()
    process = multiprocessing.get_context(sys.argv[1]).Process(target=look)
    process.start()
    process.join()
    subprocess.run([sys.executable, "-c", "import sys; print(sys.site_was_here, sys.path[1:2])"])
    print(os.environ["PYTHONPATH"], os.environ["PYTHONPATH"] in sys.path)
