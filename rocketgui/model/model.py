"""What the window and the terminal show: the run of now, and what stays of those before it."""

from __future__ import annotations

from collections.abc import Iterator

from rocketgui.model.previous_run import PreviousRun, comparable
from rocketgui.model.run import Run
from rocketgui.model.series import Floats, sampled
from rocketgui.model.utilization import cores_used
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame

#: Runs that are kept.
RUNS = 8
#: About as many points of a curve are kept.
POINTS = 400


class Model:
    """What the window and the terminal show: the run of now, or before the first launch the idle machine."""

    def __init__(self) -> None:
        self.run = Run()

    def apply_frame(self, frame: Frame) -> None:
        """Take in a frame; a launch in it begins a new run, from that message on."""
        for message in frame.messages:
            if isinstance(message, messages.RunStarted):
                kept = _previous_run(self.run)
                before = (*self.run.before, kept)[-RUNS:] if kept else self.run.before
                self.run = Run(comparable(before, () if message.variant.is_built_in else message.argv))
            self.run.apply(message)
        # A frame that begins a run may carry the time of the clock before it; after the end, time stands still.
        begins = any(isinstance(message, messages.RunStarted) for message in frame.messages)
        if not begins and self.run.ended is None:
            self.run.advance_time(frame.t_ns)


def _previous_run(run: Run) -> PreviousRun | None:
    """What to keep of a run; None if nothing counted in it."""
    program = run.program
    curves = tuple(_curves(run))
    if program is None or not curves:
        return None
    return PreviousRun(
        title=_title(run),
        argv=() if program.variant.is_built_in else program.argv,
        variant=program.variant,
        executable=program.executable,
        workers=run.worker_count,
        counts_per_s=run.throughput(),
        cores_used=cores_used(run),
        start_delay_s=run.start_delay_s(),
        watch=run.watch,
        curves=curves,
    )


def _title(run: Run) -> str:
    """What a run was, in a few words: `4 processes (spawn)`, `2 threads, sleeping`."""
    program = run.program
    if program is None:
        return ""
    count = max(run.worker_count, 1)
    words = f"{count} {run.noun(count)}"
    variant = program.variant
    if variant.run_as == "one-after-another":
        words += " one after another"
    if variant.start_method:
        words += f" ({variant.start_method})"
    if variant.work == "sleep":
        words += ", sleeping"
    if variant.is_shared:
        words += f", {variant.variable}"
    return words


def _curves(run: Run) -> Iterator[tuple[Floats, Floats]]:
    for worker in run.workers:
        watched = worker.values.get(run.watch)
        if watched is None or not watched.series.total:
            continue
        times, values = sampled(watched.series, 0.0, run.end_ns / 1e9, POINTS)
        yield times.copy(), values.copy()
