"""A sweep without a window: runs with different numbers of workers; prints the speed-up of each as text and bars."""

from __future__ import annotations

import os
import sys

from rocketgui.cli.follow import Follower
from rocketgui.cli.headless import Signals, follow, tell
from rocketgui.model.formatting import format_rate, harmless
from rocketgui.model.run import Run
from rocketgui.model.sweep import Measurement, Point, Sweep, numbers
from rocketgui.options import Options
from rocketgui.recording.files import write_json

#: Characters of the longest bar.
_WIDTH = 40


def run(options: Options) -> int:
    """Measure, and print a line for each number of workers. Return 0, or 1 if a number could not be measured or the
    report could not be written."""
    assert options.sweep is not None
    wanted = numbers(*options.sweep)
    sweep, signals = Sweep(os.cpu_count() or 1), Signals()
    with signals, Follower() as follower:
        for workers in wanted:
            point = measure(workers, options, signals, follower)
            if point is None:
                break
            sweep.points.append(point)
            _draw(sweep, wanted[-1])
    if not sweep.points:
        return 1
    finding = sweep.finding()
    if finding is not None:
        print(harmless(finding.text))
    if options.report is not None:
        try:
            write_json(options.report, sweep.report(follower.model.run, options.seconds))
        except OSError as error:
            tell(f"the report could not be written: {error}")
            return 1
    return 0 if len(sweep.points) == len(wanted) else 1


def measure(workers: int, options: Options, signals: Signals, follower: Follower) -> Point | None:
    """Run and measure a number of workers. If the run ends before it is measured, print a sentence and return None."""
    measurement = Measurement(workers, options.seconds)
    points: list[Point] = []

    def enough(run: Run) -> bool:
        point = measurement.point(run)
        if point is not None and not points:
            points.append(point)
        return bool(points)

    command = options._replace(workers=workers, limit=sys.maxsize).command(own_session=False)
    follow(follower, command._replace(output=os.devnull), signals, enough)
    if not points:
        tell(f"{workers} workers could not be measured: the run came to its end first.")
    return points[0] if points else None


def _draw(sweep: Sweep, most: int) -> None:
    """Print a line for the newest point: its bar, and where the bar would end at ideal speed-up. At ideal speed-up,
    `most` workers fill `_WIDTH`."""
    point = sweep.points[-1]
    if len(sweep.points) == 1:
        print(f"workers    together  speed-up  efficiency  {'':{_WIDTH + 1}}  | ideal")
    gain = sweep.speed_up(point)
    bar = "█" * round(_WIDTH * min(gain / most, 1))
    ideal = round(_WIDTH * point.workers / most)
    picture = f"{bar:<{max(ideal, len(bar))}}|"
    mark = "  as many as cores" if point.workers == sweep.cores else ""
    print(
        f"{point.workers:>7}  {format_rate(point.counts_per_s):>10}  {gain:>8.2f}  "
        f"{100 * sweep.efficiency(point):>8.0f} %  {picture:<{_WIDTH + 1}}{mark}".rstrip(),
        flush=True,
    )
