"""What `rocketgui` and `python -m rocketgui` run, and the first thing that a packaged rocketgui runs.

Tested by tests/system/test_safe_path.py.
"""

import sys


def main() -> int:
    """Run rocketgui with nothing foreign on its path; return the exit code."""
    from rocketgui.system import safe_path

    safe_path.protect()
    from rocketgui.cli.main import main

    return main()


if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        # A packaged program is started again as its own worker; this is where it turns into one.
        import multiprocessing

        multiprocessing.freeze_support()
    raise SystemExit(main())
