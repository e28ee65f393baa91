"""What the workers got of the cores, and whether they wanted it."""

from __future__ import annotations

from collections.abc import Iterable

from rocketgui.model.findings.finding import Finding, all_of
from rocketgui.model.run import Run
from rocketgui.model.utilization import SETTLED_S, cores_used, seen_share

#: CPU of threads that take turns, in cores: not more than one, and not much less, if they always want to run.
_ONE_CORE = (0.7, 1.15)
#: A core that is loaded this much in percent, launch and start-up included, was busy all the time.
_BUSY_PERCENT = 70
_NAMED_CORES = 8
#: Of all that the cores can do, this much has to be in use for workers to be too many.
_CROWDED = 0.7
#: Below this share of a core, a worker may be one that waits.
_WAITING = 0.25
#: What work does that waits for the world outside, not for another worker; `waiting` where no more is known.
_OUTSIDE = frozenset({"sleep", "io", "waiting"})
_BUSY = frozenset({"python", "native"})
#: For how much of the time workers have to be seen to wait for that, or to be busy.
_MOST = 0.6
_NEARLY_ALL = 0.9
#: This many cores have to be idle on average for a worker that wants one to have got it.
_FREE = 0.5
#: Of the load of the cores, this much can be the workers' without a word on other programs.
_OWN = 0.75


def oversubscription(run: Run) -> Iterable[Finding]:
    """More workers than cores: the share of a core that each got while they ran at once. Nothing while paused."""
    cores = run.program.cores if run.program is not None else 0
    if run.is_paused or not cores or run.noun(2) == "threads":
        return
    now, before = run.shares(), run.most_shares()
    shares = now if now is not None and now.workers > cores else before
    if shares is None or shares.workers <= cores:
        return
    by_others = shares.cores < _CROWDED * cores
    if by_others and not (_cores_are_busy(run) and _are_busy(run)):
        return
    running = shares is now and run.is_live
    share, switches = 100 * shares.cores / shares.workers, shares.switches_per_s or 0.0
    who = f"{shares.workers} {run.noun(shares.workers)} {'share' if running else 'shared'}"
    what = f"{cores} core{'s' * (cores > 1)}{' with other programs' * by_others}"
    interrupts = "interrupts" if running else "interrupted"
    often = f" The system {interrupts} them {switches:,.0f} times a second." if switches >= 1 else ""
    yield Finding(
        "oversubscription",
        f"{who} {what}. Each {'gets' if running else 'got'} {share:.0f} % of a core.{often}",
        {"processes": shares.workers, "cores": cores, "share_percent": round(share, 1), "involuntary_per_s": switches},
    )


def gil_bound(run: Run) -> Iterable[Finding]:
    """Threads that want to run and get one core together."""
    program, used = run.program, cores_used(run)
    if program is None or program.cores < 2 or not _take_turns(run):
        return
    threads = sum(worker.kind == "thread" for worker in run.workers) + run.folded.work.workers
    if threads < 2 or run.most_at_once() < 2 or run.is_paused or used is None:
        return
    if _ONE_CORE[0] <= used <= _ONE_CORE[1]:
        share, get = ("share", "get") if run.is_live else ("shared", "got")
        yield Finding(
            "gil_bound",
            f"{threads} threads {share} one core. Together they {get} {100 * used:.0f} % of a core, though the "
            f"machine has {program.cores}: one interpreter runs Python code of one thread at a time (the GIL).",
            {"threads": threads, "cores": program.cores, "cores_used": round(used, 2)},
        )


def io_bound(run: Run) -> Iterable[Finding]:
    """Workers that wait most of the time: they were seen to wait, or, where nobody sees that, left cores idle."""
    used, at_once = cores_used(run), max(run.most_at_once(), 1)
    if used is None or run.is_paused or used >= _WAITING * _most_cores(run, at_once):
        return
    waited = seen_share(run, _OUTSIDE)
    if waited is None:
        waited = 1 - used / at_once if _left_cores_idle(run) else 0.0
    wait, uses = ("wait", "uses") if run.is_live else ("waited", "used")
    if waited >= _MOST:
        point = f"The workers {wait} {'nearly all' if waited >= _NEARLY_ALL else 'most of'} the time."
    elif run.program is not None and run.program.variant.work == "sleep":
        point = "The workers sleep before each count."  # the built-in program: that is known, whatever was seen
    else:
        return
    share = 100 * used / at_once
    yield Finding(
        "io_bound",
        f"{point} Each {uses} {share:.0f} % of a core: this work is I/O-bound, and more cores would not speed it up.",
        {"workers": run.worker_count, "share_percent": round(share, 1)},
    )


def cores_busy(run: Run) -> Iterable[Finding]:
    """Every core was busy throughout the run, with workers that want cores."""
    seconds, means, used = run.work_s(), run.core_means(), cores_used(run)
    if seconds is None or seconds < SETTLED_S or len(means) < 2 or run.worker_count < len(means):
        return
    if not _cores_are_busy(run) or run.is_paused or not _are_busy(run):
        return
    shown = ", ".join(f"{mean:.0f} %" for mean in means[:_NAMED_CORES])
    more = "" if len(means) <= _NAMED_CORES else ", ..."
    text = f"{all_of(len(means), 'cores')} {'are' if run.is_live else 'were'} busy. "
    text += f"Their load since launch {'is' if run.is_live else 'was'} {shown}{more} on average"
    own = None if used is None else 100 * used / sum(means)
    if own is not None and own < _OWN:
        text += f", {100 * own:.0f} % of it by the workers"
    yield Finding("cores_busy", f"{text}.", {"cores": len(means), "percent": [round(mean, 1) for mean in means]})


def _take_turns(run: Run) -> bool:
    """Whether the workers are threads that share one GIL."""
    interpreter = run.python
    return run.noun(2) == "threads" and interpreter is not None and interpreter.gil


def _most_cores(run: Run, at_once: int) -> int:
    """How many cores so many workers at once can use."""
    cores = run.program.cores if run.program is not None else 1
    return 1 if _take_turns(run) else min(at_once, cores)


def _cores_are_busy(run: Run) -> bool:
    return min(run.core_means(), default=0.0) >= _BUSY_PERCENT


def _left_cores_idle(run: Run) -> bool:
    """Whether a worker that wanted a core would have got one."""
    means = run.core_means()
    return sum(100 - mean for mean in means) >= 100 * _FREE


def _are_busy(run: Run) -> bool:
    """Whether the workers want cores: they were seen to run, or, where nobody sees that, used most of what they can."""
    busy = seen_share(run, _BUSY)
    if busy is not None:
        return busy >= _MOST
    used = cores_used(run)
    return used is not None and used >= _MOST * _most_cores(run, max(run.most_at_once(), 1))
