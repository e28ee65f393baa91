"""What ran at once, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable

from rocketgui.model.findings.finding import Finding, all_of
from rocketgui.model.formatting import format_rate
from rocketgui.model.previous_run import PreviousRun
from rocketgui.model.process import ProcessState
from rocketgui.model.run import Run
from rocketgui.model.utilization import SETTLED_S

#: Below, there is nothing to be said of a share.
_BRIEF_NS = 50_000_000
#: One alone has to have had this much of a core for others to be held against it.
_ALONE = 0.85


def overlap(run: Run) -> Iterable[Finding]:
    """The share of the time in which all workers worked at once."""
    spans = [worker.work_span_ns(run.end_ns) for worker in run.workers]
    known = [span for span in spans if span is not None]
    folded = run.folded.work
    workers = len(known) + folded.spans
    if workers < 2 or workers < run.worker_count:
        return
    if folded.spans:  # the first of them and the last one tell as much as all
        known += zip(folded.entered_ns, folded.left_ns, strict=True)
    first, last = min(entered for entered, _ in known), max(left for _, left in known)
    together = max(0, min(left for _, left in known) - max(entered for entered, _ in known))
    if last - first < _BRIEF_NS:
        return
    percent = 100 * together / (last - first)
    count = all_of(workers, run.noun(2))
    ran, present = _ran(run)
    since = "since the first one began" if run.is_live else "from the first one’s start to the last one’s end"
    text = f"{count} {ran} at once. They overlapped for {percent:.0f} % of the time {since}."
    if not together:
        text = f"At no moment did {count[0].lower()}{count[1:]} run at once."
    elif percent < 1:
        text = f"{count} {ran} at once for less than 1 % of the time {since}."
    elif not folded.workers and all(worker.state is ProcessState.RUNNING for worker in run.workers):
        text = f"{count} {present} at once. They overlap for {percent:.0f} % of the time since the first one began."
    figures = {"percent": round(percent, 1), "processes": workers, "together_s": together / 1e9}
    yield Finding("overlap", text, figures)


def _ran(run: Run) -> tuple[str, str]:
    """What workers did, and do, at once: threads may take turns."""
    return ("were under way", "are under way") if run.noun(2) == "threads" else ("ran", "run")


def speed_up(run: Run) -> Iterable[Finding]:
    """How much faster all workers count together than a single one did in an earlier run under the same conditions."""
    program, now = run.program, run.throughput()
    seconds = run.work_s()
    if program is None or now is None or run.worker_count < 2 or seconds is None or seconds < SETTLED_S:
        return
    same = [
        past.counts_per_s
        for past in run.before
        if past.workers == 1
        and past.counts_per_s
        and _had_a_core(past)
        and (past.variant.work, past.variant.variable, past.executable)
        == (program.variant.work, program.variant.variable, program.executable)
        and (past.variant.run_as == "threads") == (program.variant.run_as == "threads")  # whose loop is another one
    ]
    if not same:
        return
    ratio = now / same[-1]
    count = run.worker_count
    yield Finding(
        "speed_up",
        f"{count} {run.noun(count)} count {ratio:.2f} times as fast as one did. Together {format_rate(now)}, one "
        f"alone {format_rate(same[-1])}.",
        {"speed_up": round(ratio, 2), "workers": count, "counts_per_s": now, "alone_per_s": same[-1]},
    )


def _had_a_core(past: PreviousRun) -> bool:
    """Whether a run was as fast as it could be, and not kept from its core by other programs."""
    return past.variant.work == "sleep" or (past.cores_used is not None and past.cores_used >= _ALONE)


def interleaved(run: Run) -> Iterable[Finding]:
    """Lines of several workers came mixed: each had printed before any printed its last line."""
    workers = {worker.id for worker in run.workers if worker.state is ProcessState.ENDED}
    lines: dict[int, list[int]] = {}
    for index, line in enumerate(run.output):
        if line.process in workers:
            lines.setdefault(line.process, []).append(index)
    if run.folded.work.workers or len(workers) < 2 or len(lines) < len(workers):
        return
    if any(len(places) < 2 for places in lines.values()):
        return
    if max(places[0] for places in lines.values()) < min(places[-1] for places in lines.values()):
        yield Finding(
            "interleaved",
            f"{all_of(len(workers))} printed their first line before any printed its last. Their output is mixed: they "
            f"{_ran(run)[0]} at once.",
            {"workers": len(workers)},
        )
