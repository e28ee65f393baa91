"""Who waits for whom, where nobody will come: the usual troubles of programs with several processes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rocketgui.model.findings.faults import named
from rocketgui.model.findings.finding import Finding
from rocketgui.model.formatting import format_place
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.run import Run
from rocketgui.protocol.messages import Doing

#: For so many ns nothing must have moved: less happens in any program.
STUCK_NS = 1_000_000_000
#: What multiprocessing.pool.Pool calls its workers; executors notice the death of theirs.
_POOL_WORKER = re.compile(r"PoolWorker-[0-9:]+$")
_DEAD = (ProcessState.KILLED, ProcessState.FAILED)


def one_lock(run: Run) -> Iterable[Finding]:
    """All workers that live wait for the same lock: whoever holds it does not run."""
    alive = [p for p in _processes(run) if not p.is_root and _was_alive(run, p)]
    waiting = [(p, doing) for p in alive if (doing := _stuck(run, p)) is not None and doing.on.startswith("lock ")]
    if len(alive) < 2 or len(waiting) < len(alive) or len({doing.on for _, doing in waiting}) > 1:
        return
    dead = [p for p in _processes(run) if p.state is ProcessState.KILLED and not _was_alive(run, p)]
    who = "Both processes wait" if len(alive) == 2 else f"All {len(alive)} processes wait"
    text = f"{who} for the same lock, at {_places(waiting)}, and none of them holds it."
    if dead:
        text += f" {named(dead[-1])} was killed: it may have held it, and then nobody releases it any more."
    else:
        text += " Whoever took it last has not released it."
    figures = {"processes": [p.id for p in alive], "killed": [p.id for p in dead], "lock": waiting[0][1].on}
    yield Finding("one_lock", text, figures)


def full_queue(run: Run) -> Iterable[Finding]:
    """A process waits in join() for one that waits for room in a queue, which the first one would have to empty."""
    for parent in _processes(run):
        doing = _stuck(run, parent)
        if doing is None or doing.what != "join":
            continue
        for child in _processes(run):
            theirs = _stuck(run, child)
            joined = doing.on in ("", f"process {child.pid}") and child.parent == parent.id
            if joined and theirs is not None and theirs.what == "full queue":
                yield Finding(
                    "full_queue",
                    f"{named(parent)} waits in join() for {child.name}, which waits for room in a queue. What "
                    f"{child.name} has put into it must be taken out before it can end: get() first, then join().",
                    {"parent": parent.id, "child": child.id},
                )
                return


def pool_worker_died(run: Run) -> Iterable[Finding]:
    """A worker of a pool died, and whoever waited then, or came to wait, did not move since. A Pool goes on with
    another worker, but the task is lost."""
    for worker in _processes(run):
        if worker.state not in _DEAD or worker.was_terminated or not _POOL_WORKER.search(worker.name):
            continue
        parent = run.processes.get(worker.parent or 0)
        since = run.t_ns if worker.exited_ns is None else worker.exited_ns
        doing = _stuck(run, parent, since) if parent is not None else None
        if parent is None or doing is None or doing.what != "queue":
            continue
        yield Finding(
            "pool_worker_died",
            f"A worker of a pool died: {named(worker)}, {worker.outcome()}. Its task is lost with it, and "
            f"{parent.name}, which waits for the result at {_place(doing)}, waits for ever.",
            {"process": worker.id, "pid": worker.pid, "parent": parent.id},
        )
        return


def _processes(run: Run) -> list[Process]:
    return [p for p in run.processes.values() if p.kind == "process" and p.agent]


def _was_alive(run: Run, process: Process) -> bool:
    """Whether it lives, or lived until the run was ended from outside."""
    return not process.is_over or (process.stopped and run.ended is not None)


def _stuck(run: Run, process: Process, since_ns: int = 0) -> Doing | None:
    """What a process has been doing for a while, and after `since_ns`, without moving on, now or when the run was ended
    from outside."""
    doing, before = process.doing, process.doing_before
    if doing is None or run.is_paused or not _was_alive(run, process):
        return None
    until = run.end_ns if process.exited_ns is None else process.exited_ns
    if until - max(doing.t_ns, since_ns) >= STUCK_NS:
        return doing
    # What ended the run may have woken it.
    woken = before is not None and doing.t_ns - max(before.t_ns, since_ns) >= STUCK_NS
    return before if woken and process.stopped else None


def _place(doing: Doing) -> str:
    return format_place(doing.file, doing.line, doing.function) or "a place that is not known"


def _places(waiting: list[tuple[Process, Doing]]) -> str:
    places = list(dict.fromkeys(_place(doing) for _, doing in waiting))
    return places[0] if len(places) == 1 else f"{places[0]} and elsewhere"
