"""The packaged rocketgui in the Python that is packaged with it, for what needs no window; started by rocketgui.sh.

That Python is isolated (-I), and so are its children: what lies in the current folder is on nobody's path.
"""

import os
import sys

INTERNAL = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, INTERNAL)

from rocketgui.cli.main import main  # noqa: E402


def window(_options: object) -> int:
    """A window is wanted after all: the frozen program takes this one's place."""
    program = os.path.join(os.path.dirname(INTERNAL), "rocketgui-window")
    os.execv(program, [program, *sys.argv[1:]])


# As in the frozen program, so that everything finds what is packaged with it; in the collector's process, too, which
# loads this file as its main module.
sys._MEIPASS = INTERNAL
if __name__ == "__main__":
    raise SystemExit(main(window=window))
