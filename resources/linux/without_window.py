"""The packaged rocketgui in the Python that is packaged with it, for what needs no window; started by rocketgui.sh."""

import os
import sys

from rocketgui import cli

INTERNAL = os.path.dirname(os.path.abspath(__file__))


def window(_options: object) -> int:
    """A window is wanted after all: the frozen program takes this one's place."""
    program = os.path.join(os.path.dirname(INTERNAL), "rocketgui-window")
    os.execv(program, [program, *sys.argv[1:]])


sys._MEIPASS = INTERNAL  # as in the frozen program, so that everything finds what is packaged with it
raise SystemExit(cli.main(window=window))
