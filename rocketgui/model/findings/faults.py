"""What went wrong in a run, and what of it was not seen."""

from __future__ import annotations

from collections.abc import Iterable

from rocketgui.model.findings.finding import NAMED, Finding
from rocketgui.model.formatting import format_duration
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.run import Run
from rocketgui.system.signals import signal_name

#: What multiprocessing says in a child that would start the whole program again; the second also in other places.
_UNGUARDED = "has finished its bootstrapping phase"
_SET_AGAIN = "RuntimeError: context has already been set"


def start_failed(run: Run) -> Iterable[Finding]:
    """How many processes the system refused to start, and why."""
    failures = run.start_failures
    if failures and not any(missing_guard(run)):  # which is the cause, and stands first
        reasons = list(dict.fromkeys(failure.error for failure in failures if failure.error))
        started = sum(1 for worker in run.workers if worker.parent == failures[0].process)
        started += run.folded.work.workers
        missing = len(failures) + run.failures_not_kept
        wanted = missing + started
        if (
            run.workers_not_started is not None
        ):  # a program that gives up after the first refusal wanted more than it tried
            missing, wanted = run.workers_not_started.missing, run.workers_not_started.wanted
        yield Finding(
            "start_failed",
            f"{missing} of {wanted} {run.noun(wanted)} did not start.{_why(reasons)}",
            {"failed": missing, "wanted": wanted, "reasons": reasons},
        )


def _why(reasons: list[str]) -> str:
    if not reasons:
        return ""
    if reasons[0].startswith("EOFError"):
        return " The fork server could not fork, and ended; nobody waits any more for those that it had started."
    return f" The system refused: {reasons[0]}"


def died(run: Run) -> Iterable[Finding]:
    """Which processes were killed or failed, and by what; without those that their parents ended on purpose."""
    killed = [p for p in _shown(run) if p.state is ProcessState.KILLED and not p.was_terminated]
    failed = [p for p in _shown(run) if p.state is ProcessState.FAILED]
    for process in killed[:NAMED]:
        name = signal_name(process.signal or 0)
        rest = _still_running(run) if process is killed[:NAMED][-1] else ""
        yield Finding(
            "killed",
            f"{named(process)} was killed by {name}{_after(process)}.{rest}",
            {"process": process.id, "pid": process.pid, "signal": process.signal},
        )
    wrong = run.folded.wrong
    if (in_all := len(killed) + wrong.get(ProcessState.KILLED, 0)) > NAMED:
        yield Finding("killed_more", f"{in_all} processes were killed in all.", {"killed": in_all})
    for process in failed[:NAMED]:
        reason = process.error if process.error is not None else f"Its exit code is {process.exit_code}."
        yield Finding(
            "failed",
            f"{named(process)} failed{_after(process)}. {reason}",
            {"process": process.id, "pid": process.pid, "error": process.error, "exit_code": process.exit_code},
        )
    if (in_all := len(failed) + wrong.get(ProcessState.FAILED, 0)) > NAMED:
        yield Finding("failed_more", f"{in_all} processes failed in all.", {"failed": in_all})


def ended_early(run: Run) -> Iterable[Finding]:
    """Why the run did not come to its own end."""
    sentences = {
        "stopped": "The run was stopped after {}.",
        "killed": "The program was killed after {}.",
        "lost": "The run was cut off after {}; what was seen until then stays.",
    }
    if run.ended is not None and run.ended.ended in sentences:
        seconds = run.ended.t_ns / 1e9
        yield Finding(run.ended.ended, sentences[run.ended.ended].format(format_duration(seconds)), {"wall_s": seconds})


def notices(run: Run) -> Iterable[Finding]:
    """The latest three notices of the collector."""
    for text in run.notices[-NAMED:]:
        yield Finding("notice", text)


def collector_restarts(run: Run) -> Iterable[Finding]:
    """How often the collector died and was started again. What was written meanwhile was read afterwards, unless it
    was too much for the buffers; that is told under the losses."""
    restarts = run.restarts
    if restarts:
        gap_s = sum(restart.gap_ns for restart in restarts) / 1e9
        longest_s = max(restart.gap_ns for restart in restarts) / 1e9
        deaths = restarts[-1].deaths
        times = "once" if deaths == 1 else f"{deaths} times"
        yield Finding(
            "collector_restarted",
            f"rocketgui's collector was started again {times}: the one before {restarts[-1].how}. The program went on; "
            f"nothing was heard of it for {format_duration(gap_s)}{' in all' * (deaths > 1)}.",
            {"restarts": deaths, "gap_s": gap_s, "longest_gap_s": longest_s},
        )


def unobserved(run: Run) -> Iterable[Finding]:
    """Which processes are not observed from inside any more, and why."""
    found = [process for process in run.processes.values() if process.unobserved]
    for process in found[:NAMED]:
        yield Finding(
            "unobserved",
            f"{named(process)} is no longer observed from inside: {process.unobserved}.",
            {"process": process.id, "pid": process.pid, "reason": process.unobserved},
        )
    if len(found) > NAMED:
        yield Finding("unobserved_more", f"{len(found)} processes are no longer observed.", {"unobserved": len(found)})


def missing_guard(run: Run) -> Iterable[Finding]:
    """The program starts processes when it is imported, which every new process does again."""
    for line in run.output:
        if _UNGUARDED in line.text or (_SET_AGAIN in line.text and _is_starting(run, line.process)):
            yield Finding(
                "missing_guard",
                "The program has no __main__ guard. Each new process imports it, and would start processes as well; "
                'put what starts them under: if __name__ == "__main__":',
                {"process": line.process},
            )
            return


def _is_starting(run: Run, number: int) -> bool:
    """Whether a process still imports the program, before it comes to its function."""
    process = run.processes.get(number)
    return process is not None and not process.is_root and process.target_entered_ns is None


def losses(run: Run) -> Iterable[Finding]:
    """What was lost on the way to the window."""
    lost = run.losses_in_all
    parts = [
        f"{count:,} {what if count > 1 else one}"
        for count, one, what in (
            (lost.samples_dropped, "sample dropped", "samples dropped"),
            (lost.events_dropped, "record of what processes did dropped", "records of what processes did dropped"),
            (lost.bad_messages, "bad message", "bad messages"),
            (lost.agents_lost, "process that never reported", "processes that never reported"),
            (lost.output_lines_dropped, "line of output dropped", "lines of output dropped"),
        )
        if count
    ]
    if parts:
        yield Finding("losses", f"Not everything was seen. Lost: {', '.join(parts)}.")


def output_kept(run: Run) -> Iterable[Finding]:
    """The program printed more lines than are kept."""
    if run.output_dropped:
        kept, lines = len(run.output), run.output_total
        yield Finding(
            "output_kept", f"The newest {kept:,} of {lines:,} printed lines are kept.", {"kept": kept, "printed": lines}
        )


def _shown(run: Run) -> list[Process]:
    """The processes, and threads only where threads are the workers: other threads end with their process."""
    return [
        p for p in run.processes.values() if p.kind == "process" or (p.kind != "helper" and p.worker_index is not None)
    ]


def named(process: Process) -> str:
    """A process as a sentence calls it."""
    return f"{process.name or 'process'} (pid {process.pid})"


def _after(process: Process) -> str:
    if process.exited_ns is None or process.began_ns is None or process.exited_ns < process.began_ns:
        return ""
    return f" after {format_duration((process.exited_ns - process.began_ns) / 1e9)}"


def _still_running(run: Run) -> str:
    if not run.is_live or run.is_paused:
        return ""
    count = sum(1 for worker in run.workers if worker.state is ProcessState.RUNNING)
    return f" {count} other{'s' * (count > 1)} still run{'s' * (count == 1)}." if count else ""
