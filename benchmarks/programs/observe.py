"""Runs a program under the collector, as `--headless` does; for programs other than the built-in.

python -m benchmarks.programs.observe START_METHOD PROGRAM ARGUMENTS...
"""

from __future__ import annotations

import sys

from rocketgui.cli.follow import Follower
from rocketgui.protocol.launch_spec import Launch
from rocketgui.protocol.variant import Variant


def main() -> int:
    start_method, *argv = sys.argv[1:]
    launch = Launch(
        argv=tuple(argv),
        python=sys.executable,
        variant=Variant(start_method=start_method),
        watch=("rocket",),
        own_session=False,
    )
    with Follower() as follower:
        follower.launch(launch)
        for _ in follower.frames():
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
