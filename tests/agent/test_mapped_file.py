"""The program may do anything to its trace files: it goes on, and ends as it does alone."""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from rocketgui.agent import control_block as agent_control_block
from rocketgui.agent import mapped_file, trace_format
from rocketgui.agent.trace_buffer import TraceBuffer
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import every_python
from tests.helpers import Cli, Observed, Python, control_block_in, mark, marked, read_report, this_python, until

__all__ = ["mark"]

#: As with buffers, what the agent has mapped must live as long as this process.
KEPT: list[Any] = []

#: What programs of these tests begin with: their own trace file and the control block, as the system knows them.
BEGINNING = """
import glob, multiprocessing, os, shutil, socket, stat, subprocess, sys, time

def mapped(end):
    "The mapped files with this end of their name."
    with open("/proc/self/maps") as file:
        return sorted({line.split()[5] for line in file if line.rstrip().endswith(end)})

def occupy(path, how):
    "Put something else there."
    if how == "fifo":
        os.mkfifo(path)
    elif how == "folder":
        os.mkdir(path)
    elif how == "link":
        os.symlink("/etc/passwd", path)
    elif how == "socket":
        here = os.getcwd()
        os.chdir(os.path.dirname(path))  # the path of a socket may not be long
        with socket.socket(socket.AF_UNIX) as new:
            new.bind(os.path.basename(path))
        os.chdir(here)
    elif how == "file":
        with open(path, "w") as file:
            file.write("not what was here")

def spoil(path, how):
    if how == "cut":
        os.chmod(path, 0o600)
        os.truncate(path, 0)
    elif how == "shorten":
        os.chmod(path, 0o600)
        os.truncate(path, 4096)
    elif how == "rename":
        os.rename(path, path + "-old")
    elif os.path.isdir(path):
        shutil.rmtree(path)
        occupy(path, how)
    else:
        os.unlink(path)
        occupy(path, how)

number = 0

def work(text):
    global number
    for _ in range(20):
        number += 1
        time.sleep(0.01)
    print(text, number, flush=True)
"""
PROGRAM = (
    BEGINNING
    + """
if __name__ == "__main__":
    trace, control_block = mapped(".trace"), mapped("/control_block")
    work("before")
    while not os.path.exists(sys.argv[3]):
        time.sleep(0.01)
    if trace:
        files = {"trace": trace, "control_block": control_block, "directory": [os.path.dirname(trace[0])]}
        [path] = files[sys.argv[1]]
        spoil(path, sys.argv[2])
    work("after")
    child = os.fork()
    if not child:
        work("forked")
        os._exit(3)
    assert os.waitpid(child, 0)[1] >> 8 == 3
    for method in "fork", "spawn":
        process = multiprocessing.get_context(method).Process(target=work, args=(method,))
        process.start()
        process.join()
        assert process.exitcode == 0
    subprocess.run([sys.executable, "-c", "print('anew', flush=True)"], check=True)
    print("done", flush=True)
"""
)
LINES = ["after 40", "forked 60", "fork 60", "spawn 20", "anew", "done"]
FAULTS = [
    ("trace", how) for how in ("cut", "shorten", "rename", "nothing", "fifo", "folder", "link", "socket", "file")
] + [
    (what, how)
    for what in ("control_block", "directory")
    for how in ("rename", "nothing", "fifo", "folder", "link", "file")
]
FAULTS += [("control_block", "cut"), ("control_block", "shorten"), ("control_block", "socket")]

linux = pytest.mark.skipif(sys.platform != "linux", reason="the system must tell what is mapped, and what is gone")


def has_a_trace_file_open(mark: str) -> bool:
    """Whether a process of the test has a trace file open."""
    for pid in marked(mark):
        with contextlib.suppress(OSError):
            links = [f"/proc/{pid}/fd/{number}" for number in os.listdir(f"/proc/{pid}/fd")]
            if any(os.readlink(link).endswith(trace_format.TRACE_SUFFIX) for link in links):
                return True
    return False


@pytest.mark.slow
@linux
@pytest.mark.parametrize(("what", "how"), FAULTS)
def test_program_spoils_its_files(what: str, how: str, script: Script, mark: str, tmp_path: Path) -> None:
    path, go = tmp_path / "report.json", tmp_path / "go"
    with Cli(mark, "run", "--headless", "--report", str(path), script(PROGRAM), what, how, str(go)) as cli:
        directory = cli.directory()
        assert cli.line() == "before 20"
        until(lambda: has_a_trace_file_open(mark), "the collector to read the trace file")
        go.touch()
        assert cli.finish() == 0, cli.stderr
    for left in directory, directory.with_name(directory.name + "-old"):  # what the program made is not ours to remove
        if left.is_dir() and not left.is_symlink():
            assert (what, how) in [("directory", "rename"), ("directory", "folder")], left
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)
    assert cli.stdout.splitlines() == ["before 20", *LINES], cli.stderr
    assert "Traceback" not in cli.stderr
    report = read_report(path)
    assert report["ended"] == "finished"
    cut = what == "trace" and how in ("cut", "shorten")
    unobserved = [finding for finding in report["findings"] if finding["id"] == "unobserved"]
    assert len(unobserved) == cut
    for finding in unobserved:
        assert finding["figures"]["reason"].startswith("its trace file was damaged")
        assert finding["text"] in cli.stderr


@pytest.mark.slow
@linux
@every_python
@pytest.mark.parametrize("what", ["trace", "control_block"])
def test_program_cuts_a_file_short(python: Python, what: str, script: Script) -> None:
    program = script(PROGRAM)
    with Observed(python, [program, what, "cut", program], watch="number") as observed:
        stdout, stderr = observed.process.communicate(timeout=60)
    assert (observed.process.returncode, stdout.splitlines(), stderr) == (0, ["before 20", *LINES], "")


@linux
def test_no_more_room_for_files(script: Script) -> None:
    """Where the system refuses to write so much into a file, processes go on without one."""
    program = script(
        """
        import multiprocessing, os, resource, sys

        def work():
            print("worked", flush=True)

        if __name__ == "__main__":
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            for method in "fork", "spawn":
                process = multiprocessing.get_context(method).Process(target=work)
                process.start()
                process.join()
            print("done")
        """
    )
    with Observed(this_python(), [program]) as observed:
        done = observed.finish()
        left = os.listdir(observed.directory)
    assert (done.code, done.stdout, done.stderr) == (0, "worked\nworked\ndone\n", "")
    assert not [name for name in left if name.endswith(".new")]


@linux
def test_no_more_room_in_memory(script: Script, tmp_path: Path) -> None:
    """A file system that is full is an error, before anything is written through a map."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        control_block_in(small, 60.0).close()
        KEPT.append(TraceBuffer(str(small), 5, 1))
        KEPT[-1].event(trace_format.REAPED, 1, 5, 0)
        with pytest.raises(OSError, match=r"[Nn]o (room|space)"):
            TraceBuffer(str(small), 6, 1)
        assert sorted(name.partition("-")[0] for name in os.listdir(small)) == ["5", "control_block"]
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


@linux
@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "socket", "file"])
def test_nothing_but_a_control_block_is_taken_for_one(kind: str, tmp_path: Path) -> None:
    """And nothing that is there in its place is waited for."""
    names: dict[str, Any] = {}
    exec(textwrap.dedent(BEGINNING), names)
    names["occupy"](str(tmp_path / trace_format.CONTROL_BLOCK_FILE), kind)
    with pytest.raises(OSError, match="control_block"):
        agent_control_block.ControlBlockReader(str(tmp_path))


@linux
def test_trace_file_cannot_be_opened_for_writing(tmp_path: Path) -> None:
    KEPT.append(TraceBuffer(str(tmp_path), 5, 1))
    [path] = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o400


@linux
def test_map_of_a_file_that_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(4 * mmap.PAGESIZE))
    memory = mapped_file.map_file(os.open(path, os.O_RDWR), 4 * mmap.PAGESIZE, mmap.ACCESS_WRITE)
    KEPT.append(memory)
    if not mapped_file._asks:
        pytest.skip("this system cannot tell")
    os.truncate(path, 2 * mmap.PAGESIZE)
    for advice in (mapped_file.READ, mapped_file.WRITE):
        there = [mapped_file.is_there(memory, page * mmap.PAGESIZE + 7, 8, advice) for page in range(4)]
        assert there == [True, True, False, False]
        assert not mapped_file.is_there(memory, 0, 4 * mmap.PAGESIZE, advice)


def test_system_that_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked once; then all is taken to be there."""
    asked = []

    class Memory:
        def madvise(self, *_: int) -> None:
            asked.append(1)
            raise OSError(22, "Invalid argument")

    memory: Any = Memory()
    monkeypatch.setattr(mapped_file, "_asks", True)
    assert mapped_file.is_there(memory, 0, 8, mapped_file.READ)
    assert mapped_file.is_there(memory, 0, 8, mapped_file.READ)
    assert len(asked) == 1
