"""`python -m rocketgui`, and the first thing that a packaged rocketgui runs."""

import sys

from rocketgui import cli

if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        # A packaged program is started again as its own worker; this is where it turns into one.
        import multiprocessing

        multiprocessing.freeze_support()
    raise SystemExit(cli.main())
