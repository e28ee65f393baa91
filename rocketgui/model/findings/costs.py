"""What it costs to start a process or a thread."""

from __future__ import annotations

from collections.abc import Iterable

from rocketgui.model.findings.finding import Finding, names
from rocketgui.model.run import Run
from rocketgui.protocol.variant import Variant

#: So many names can be read in passing.
_NAMED = 6
#: What is started where there is no start method, or where only the program knows it.
_WITHOUT = {
    "processes": "a process",
    "one-after-another": "a process",
    "threads": "a thread",
    "sub-interpreters": "an interpreter",
}


def start_up(run: Run) -> Iterable[Finding]:
    """The time from start() to the first line, and what it was under other start methods, if they were measured."""
    program, delay = run.program, run.start_delay_s()
    if program is None or delay is None:
        return
    how = _how(program.variant)
    others: dict[str, float] = {}
    for past in run.before:
        other = _how(past.variant)
        if past.start_delay_s is not None and other != how:
            others[other] = past.start_delay_s
    what = f"a process under {how}" if program.variant.start_method else how
    text = f"To start {what} took {_ms(delay)}, from start() to its first line"
    known = sum(worker.start_delay_s() is not None for worker in run.workers)
    text += " (median)." if known > 2 else " on average." if known > 1 else "."
    if others:
        text += " Before: " + ", ".join(f"{name} {_ms(seconds)}" for name, seconds in others.items()) + "."
    figures = {"how": how, "median_ms": round(1000 * delay, 2)}
    figures["before_ms"] = {name: round(1000 * seconds, 2) for name, seconds in others.items()}
    yield Finding("start_up", text, figures)


def _ms(seconds: float) -> str:
    """A short time, with two digits at least."""
    digits = 2 if seconds < 0.001 else 1 if seconds < 0.01 else 0
    return f"{1000 * seconds:.{digits}f} ms"


def start_order(run: Run) -> Iterable[Finding]:
    """The order of first lines, where it is not that of the calls of start()."""
    known = [
        (worker.start_called_ns, worker.target_entered_ns, worker)
        for worker in run.workers
        if worker.start_called_ns is not None and worker.target_entered_ns is not None
    ]
    calls = [worker for *_, worker in sorted(known, key=lambda one: one[0])]
    firsts = [worker for *_, worker in sorted(known, key=lambda one: one[1])]
    if calls == firsts or run.folded.work.workers:
        return
    figures = {"calls": [worker.name for worker in calls], "first_lines": [worker.name for worker in firsts]}
    if len(calls) <= _NAMED:
        text = "First lines came in another order than the calls of start(). "
        text += f"Called: {names(calls)}; began: {names(firsts)}."
    else:
        moved = sum(call is not first for call, first in zip(calls, firsts, strict=True))
        text = (
            f"First lines came in another order than the calls of start(): {moved} of {len(calls)} {run.noun(2)} "
            "began out of turn."
        )
    yield Finding("start_order", text, figures)


def _how(variant: Variant) -> str:
    """How a worker of a variant is started, in a word or two."""
    return variant.start_method or _WITHOUT.get(variant.run_as, "a process")
