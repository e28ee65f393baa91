"""What ran at once, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable

from rocketgui.model.findings.finding import Finding
from rocketgui.model.process import ProcessState
from rocketgui.model.session import Session
from rocketgui.model.text import format_rate

#: A share of a core is said once a process has lived this long; before, start-up blurs it.
_SETTLED_S = 0.5
#: CPU of threads that take turns, in cores: not more than one, and not much less, if they always want to run.
_ONE_CORE = (0.7, 1.15)
#: A core that is loaded this much in percent, launch and start-up included, was busy all the time.
_BUSY_PERCENT = 70
_NAMED_CORES = 8
#: Of all that the cores can do, this much has to be in use for workers to be too many.
_CROWDED = 0.7
#: Below this share of a core, a worker mostly waits.
_WAITING = 0.25


def overlap(session: Session) -> Iterable[Finding]:
    """For how much of the time all workers were at work at once."""
    spans = [worker.work_span_ns(session.end_ns) for worker in session.workers]
    known = [span for span in spans if span is not None]
    if len(known) < 2 or len(known) < len(spans):
        return
    first, last = min(entered for entered, _ in known), max(left for _, left in known)
    together = max(0, min(left for _, left in known) - max(entered for entered, _ in known))
    if last - first < _SETTLED_S * 1e8:
        return
    percent = 100 * together / (last - first)
    running = session.is_live
    count = f"Both {session.noun(2)}" if len(known) == 2 else f"All {len(known)} {session.noun(2)}"
    ran, run = ("were under way", "are under way") if session.noun(2) == "threads" else ("ran", "run")
    text = (
        f"{count} {ran} at once. They overlapped for {percent:.0f} % of the time "
        f"{'since the first one began' if running else 'from the first one’s start to the last one’s end'}."
    )
    if not together:
        text = f"At no moment did all {len(known)} {session.noun(2)} run at once."
    elif all(worker.state is ProcessState.RUNNING for worker in session.workers):
        text = f"{count} {run} at once. They overlap for {percent:.0f} % of the time since the first one began."
    figures = {"percent": round(percent, 1), "processes": len(known), "together_s": together / 1e9}
    yield Finding("overlap", text, figures)


def oversubscription(session: Session) -> Iterable[Finding]:
    """More workers than cores: what share of a core each one got. Nothing while paused, when none gets any."""
    if session.is_paused:
        return
    cores = session.program.cores if session.program is not None else 0
    shares, switches = [], 0.0
    for worker in session.workers:
        seconds = session.working_s(worker)
        if seconds is None or worker.cpu_s is None or seconds < _SETTLED_S:
            continue
        shares.append(100 * worker.cpu_s / seconds)
        switches += (worker.switches_involuntary or 0) / seconds
    if not cores or len(shares) <= cores or session.most_at_once() <= cores or session.noun(2) == "threads":
        return
    if sum(shares) < 100 * cores * _CROWDED:
        return
    share = sum(shares) / len(shares)
    who = f"{len(shares)} {session.noun(2)}"
    often = f" The system interrupts them {switches:,.0f} times a second." if session.is_live and switches >= 1 else ""
    yield Finding(
        "oversubscription",
        f"{who} share {cores} core{'s' * (cores > 1)}. Each gets {share:.0f} % of a core.{often}",
        {"processes": len(shares), "cores": cores, "share_percent": round(share, 1), "involuntary_per_s": switches},
    )


def gil_bound(session: Session) -> Iterable[Finding]:
    """Threads that want to run and together get one core."""
    program, root, interpreter = session.program, session.root, session.interpreter
    if program is None or root is None or interpreter is None or not interpreter.gil or program.cores < 2:
        return
    threads = [worker for worker in session.workers if worker.kind == "thread"]
    used = _cores_used(session)
    if len(threads) < 2 or session.most_at_once() < 2 or session.is_paused or used is None:
        return
    if _ONE_CORE[0] <= used <= _ONE_CORE[1]:
        yield Finding(
            "gil_bound",
            f"{len(threads)} threads share one core. Together they get {100 * used:.0f} % of a core, though the "
            f"machine has {program.cores}: one interpreter runs Python code of one thread at a time (the GIL).",
            {"threads": len(threads), "cores": program.cores, "cores_used": round(used, 2)},
        )


def io_bound(session: Session) -> Iterable[Finding]:
    """Workers that wait most of the time."""
    workers = session.workers
    used, cores = _cores_used(session), session.program.cores if session.program is not None else 1
    if used is None or not workers or session.is_paused:
        return
    at_once = max(session.most_at_once(), 1)
    share = used / at_once
    if used / min(at_once, cores) < _WAITING:  # who gets little because there are too few cores does not wait
        yield Finding(
            "io_bound",
            f"The workers wait nearly all the time. Each uses {100 * share:.0f} % of a core: this work is I/O-bound, "
            "and more cores would not speed it up.",
            {"workers": len(workers), "share_percent": round(100 * share, 1)},
        )


def _cores_used(session: Session) -> float | None:
    """CPU seconds per second of all workers while they worked; None while not known, or blurred by start-up."""
    seconds = session.work_s()
    if seconds is None or seconds < _SETTLED_S:
        return None
    rows, root = session.workers, session.root
    if any(worker.kind != "process" for worker in rows) and root is not None:
        # The system tells of their process as a whole, from its first moment to its last.
        rows, seconds = [root], session.life_s(root)
        if not seconds:
            return None
    used = [worker.cpu_s for worker in rows]
    return sum(cpu_s for cpu_s in used if cpu_s is not None) / seconds if used and None not in used else None


def cores_busy(session: Session) -> Iterable[Finding]:
    """Every core of the machine at work, all through the run."""
    seconds, means = session.work_s(), session.core_means()
    if seconds is None or seconds < _SETTLED_S or len(means) < 2 or len(session.workers) < len(means):
        return
    if min(means) >= _BUSY_PERCENT and not session.is_paused:
        shown = ", ".join(f"{mean:.0f} %" for mean in means[:_NAMED_CORES])
        more = "" if len(means) <= _NAMED_CORES else ", ..."
        yield Finding(
            "cores_busy",
            f"All {len(means)} cores are busy. Their load since launch is {shown}{more} on average.",
            {"cores": len(means), "percent": [round(mean, 1) for mean in means]},
        )


def speed_up(session: Session) -> Iterable[Finding]:
    """How much faster all together count than one did, if one was measured before under the same conditions."""
    program, now = session.program, session.throughput()
    seconds = session.work_s()
    if program is None or now is None or len(session.workers) < 2 or seconds is None or seconds < _SETTLED_S:
        return
    same = [
        run.counts_per_s
        for run in session.before
        if run.workers == 1
        and run.counts_per_s
        and (run.work, run.variable, run.executable) == (program.work, program.variable, program.executable)
        and (run.run_as == "threads") == (program.run_as == "threads")  # whose loop is another one
    ]
    if not same:
        return
    ratio = now / same[-1]
    count = len(session.workers)
    yield Finding(
        "speed_up",
        f"{count} {session.noun(count)} count {ratio:.2f} times as fast as one did. Together {format_rate(now)}, one "
        f"alone {format_rate(same[-1])}.",
        {"speed_up": round(ratio, 2), "workers": count, "counts_per_s": now, "alone_per_s": same[-1]},
    )


def interleaved(session: Session) -> Iterable[Finding]:
    """Every worker had printed before any of them printed its last line: the lines came mixed."""
    workers = {worker.id for worker in session.workers if worker.state is ProcessState.ENDED}
    lines: dict[int, list[int]] = {}
    for place, line in enumerate(session.output):
        if line.process in workers:
            lines.setdefault(line.process, []).append(place)
    if len(workers) < 2 or len(lines) < len(workers) or any(len(places) < 2 for places in lines.values()):
        return
    if max(places[0] for places in lines.values()) < min(places[-1] for places in lines.values()):
        count = "Both" if len(workers) == 2 else f"All {len(workers)}"
        yield Finding(
            "interleaved",
            f"{count} printed their first line before any printed its last. Their output is mixed: they ran at once.",
            {"workers": len(workers)},
        )
