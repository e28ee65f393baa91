"""What stays of the runs before: enough to compare this one with them, and little enough to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rocketgui.model.series import Floats, sampled
from rocketgui.model.utilization import cores_used

if TYPE_CHECKING:
    from rocketgui.model.session import Session

#: Runs that are kept.
RUNS = 8
#: About as many points of a curve are kept.
POINTS = 400


@dataclass(frozen=True, slots=True)
class Past:
    """A run that is over. `argv` is empty if it was one of the built-in program. `cores_used` are the CPU seconds per
    second of its workers. `curves` holds, for each worker, arrays of times in s and values of what is called
    `watch`, of one length each."""

    title: str
    argv: tuple[str, ...]
    run_as: str
    start_method: str
    work: str
    variable: str
    executable: str
    workers: int
    counts_per_s: float | None
    cores_used: float | None
    start_delay_s: float | None
    watch: str
    curves: tuple[tuple[Floats, Floats], ...]


def past(session: Session) -> Past | None:
    """What to keep of a session; None if nothing counted in it."""
    program = session.program
    curves = tuple(_curves(session))
    if program is None or not curves:
        return None
    return Past(
        title=title(session),
        argv=() if program.work else program.argv,
        run_as=program.run_as,
        start_method=program.start_method,
        work=program.work,
        variable=program.variable,
        executable=program.executable,
        workers=session.worker_count,
        counts_per_s=session.throughput(),
        cores_used=cores_used(session),
        start_delay_s=session.start_delay_s(),
        watch=session.watch,
        curves=curves,
    )


def comparable(before: tuple[Past, ...], argv: tuple[str, ...]) -> tuple[Past, ...]:
    """Those of the same program: of the built-in one, or of the user's with the same arguments."""
    return tuple(run for run in before if run.argv == argv)


def title(session: Session) -> str:
    """What a run was, in a few words: `4 processes (spawn)`, `2 threads, sleeping`."""
    program = session.program
    if program is None:
        return ""
    count = max(session.worker_count, 1)
    words = f"{count} {session.noun(count)}"
    if program.run_as == "one-after-another":
        words += " one after another"
    if program.start_method:
        words += f" ({program.start_method})"
    if program.work == "sleep":
        words += ", sleeping"
    if program.variable not in ("private", ""):
        words += f", {program.variable}"
    return words


def _curves(session: Session) -> Iterator[tuple[Floats, Floats]]:
    for worker in session.workers:
        watched = worker.values.get(session.watch)
        if watched is None or not watched.series.total:
            continue
        times, values = sampled(watched.series, 0.0, session.end_ns / 1e9, POINTS)
        yield times.copy(), values.copy()
