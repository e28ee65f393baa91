"""What a run shows, said in sentences with figures: pure functions of the session.

Each finding is derived from what was measured in this run; where a measurement is missing, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from rocketgui.model.process import Process, ProcessState, signal_name
from rocketgui.model.session import Session
from rocketgui.model.text import format_count, format_duration

#: A share of a core is said once a process has lived this long; before, start-up blurs it.
_SETTLED_S = 0.5

#: More processes than this are counted, not named.
_NAMED = 3


#: The ids of findings about something that went wrong.
URGENT = frozenset({"start_failed", "killed", "failed"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence or two; the first says the point. `figures` holds the numbers in it for scripts."""

    id: str
    text: str
    figures: dict[str, Any] = field(default_factory=dict)


def findings(session: Session) -> list[Finding]:
    """All that this run shows by now, the most urgent first."""
    return [finding for find in _ALL for finding in find(session)]


def start_failed(session: Session) -> Iterable[Finding]:
    """How many processes the system refused to start, and why."""
    failures = session.start_failures
    if failures:
        reasons = list(dict.fromkeys(failure.error for failure in failures))
        started = sum(1 for worker in session.workers if worker.parent == failures[0].process)
        missing, wanted = len(failures), len(failures) + started
        if session.refused is not None:  # a program that gives up after the first refusal wanted more than it tried
            missing, wanted = session.refused.missing, session.refused.wanted
        yield Finding(
            "start_failed",
            f"{missing} of {wanted} processes did not start. The system refused: {reasons[0]}",
            {"failed": missing, "wanted": wanted, "reasons": reasons},
        )


def died(session: Session) -> Iterable[Finding]:
    """Which processes were killed or failed, and by what."""
    killed = [p for p in _shown(session) if p.state is ProcessState.KILLED]
    failed = [p for p in _shown(session) if p.state is ProcessState.FAILED]
    for process in killed[:_NAMED]:
        name = signal_name(process.signal or 0)
        yield Finding(
            "killed",
            f"{_named(process)} was killed by {name}{_after(process)}.{_still_running(session)}",
            {"process": process.id, "pid": process.pid, "signal": process.signal},
        )
    if len(killed) > _NAMED:
        yield Finding("killed_more", f"{len(killed)} processes were killed in all.", {"killed": len(killed)})
    for process in failed[:_NAMED]:
        reason = process.error if process.error is not None else f"exit code {process.exit_code}"
        yield Finding(
            "failed",
            f"{_named(process)} failed{_after(process)}. {reason}",
            {"process": process.id, "pid": process.pid, "error": process.error, "exit_code": process.exit_code},
        )
    if len(failed) > _NAMED:
        yield Finding("failed_more", f"{len(failed)} processes failed in all.", {"failed": len(failed)})


def ended_early(session: Session) -> Iterable[Finding]:
    """Why the run did not come to its own end."""
    sentences = {
        "stopped": "You stopped the run after {}.",
        "killed": "The program was killed after {}.",
        "lost": "The connection was lost after {}; what was seen until then stays.",
    }
    if session.ended is not None and session.ended.ended in sentences:
        seconds = session.ended.t_ns / 1e9
        yield Finding(
            session.ended.ended, sentences[session.ended.ended].format(format_duration(seconds)), {"wall_s": seconds}
        )


def notices(session: Session) -> Iterable[Finding]:
    """What the collector had to say, the latest three."""
    for text in session.notices[-_NAMED:]:
        yield Finding("notice", text)


def isolation(session: Session) -> Iterable[Finding]:
    """Every process counts its own variable, the parent's is untouched."""
    name, root = session.watch, session.root
    mine = root.values.get(name) if root is not None else None
    counted = [p for p in session.workers if name in p.values and p.values[name].last]
    if root is None or mine is None or mine.first != 0 or mine.last != 0 or not counted:
        return
    figures = {"parent_pid": root.pid, "parent": 0, "children": {str(p.pid): p.values[name].last for p in counted}}
    shown = [f"{format_count(p.values[name].last)} in {_named(p)}" for p in counted[:2]]
    more = f" and {len(counted) - 2} more" if len(counted) > 2 else ""
    each = "Each process has its own" if len(counted) > 1 else "The child has its own"
    yield Finding(
        "isolation",
        f"{each} {name}. It is {' and '.join(shown) if not more else ', '.join(shown) + more}; "
        f"in the parent (pid {root.pid}) it is still 0.",
        figures,
    )


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
    count = "Both" if len(known) == 2 else f"All {len(known)}"
    text = (
        f"{count} processes ran at once. They overlapped for {percent:.0f} % of the time "
        f"{'since the first one began' if running else 'from the first one’s start to the last one’s end'}."
    )
    if not together:
        text = f"At no moment did all {len(known)} processes run at once."
    elif all(worker.state is ProcessState.RUNNING for worker in session.workers):
        text = f"{count} processes run at once. They overlap for {percent:.0f} % of the time since the first one began."
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
    if not cores or len(shares) <= cores:
        return
    share = sum(shares) / len(shares)
    often = f" The system interrupts them {switches:,.0f} times a second." if session.is_live and switches >= 1 else ""
    yield Finding(
        "oversubscription",
        f"{len(shares)} processes share {cores} core{'s' * (cores > 1)}. Each gets {share:.0f} % of a core.{often}",
        {"processes": len(shares), "cores": cores, "share_percent": round(share, 1), "involuntary_per_s": switches},
    )


def losses(session: Session) -> Iterable[Finding]:
    """What did not get through."""
    lost = session.losses
    parts = [
        f"{count:,} {what}"
        for count, what in (
            (lost.samples_dropped, "samples dropped"),
            (lost.bad_messages + session.bad_messages, "bad messages"),
            (lost.agents_lost, "processes that never reported"),
            (lost.output_lines_dropped, "lines of output dropped"),
        )
        if count
    ]
    if parts:
        yield Finding("losses", f"Not everything was seen. Lost: {', '.join(parts)}.")


_ALL: tuple[Callable[[Session], Iterable[Finding]], ...] = (
    start_failed,
    died,
    ended_early,
    notices,
    overlap,
    isolation,
    oversubscription,
    losses,
)


def _shown(session: Session) -> list[Process]:
    return [process for process in session.processes.values() if process.kind != "helper"]


def _named(process: Process) -> str:
    return f"{process.name or 'process'} (pid {process.pid})"


def _after(process: Process) -> str:
    if process.exited_ns is None or process.began_ns is None:
        return ""
    return f" after {format_duration((process.exited_ns - process.began_ns) / 1e9)}"


def _still_running(session: Session) -> str:
    if not session.is_live or session.is_paused:
        return ""
    count = sum(1 for worker in session.workers if worker.state is ProcessState.RUNNING)
    return f" {count} other{'s' * (count > 1)} still run{'s' * (count == 1)}." if count else ""
