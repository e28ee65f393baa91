"""`python -m rocketgui`, and the first thing that a packaged rocketgui runs."""

import multiprocessing

from rocketgui import cli

if __name__ == "__main__":
    multiprocessing.freeze_support()
    raise SystemExit(cli.main())
