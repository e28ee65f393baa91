"""`python -m installers app | deb | rpm | archive | all`: makes what people install, in dist/."""

from __future__ import annotations

import argparse
import sys

from installers import packages

WHAT = {"app": packages.app, "archive": packages.archive, "deb": packages.deb, "rpm": packages.rpm}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m installers", description=__doc__)
    parser.add_argument("what", nargs="+", choices=[*WHAT, "all"], help="app: the folder that the others are made of")
    wanted = parser.parse_args().what
    for name, make in WHAT.items():
        if name in wanted or "all" in wanted:
            try:
                print(make())
            except packages.CannotMake as error:
                print(f"installers: {error}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
