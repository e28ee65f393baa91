"""Process groups, runs, terminals and signals are for a program without a window what they are for it alone."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from rocketgui.system import process_tree
from tests.helpers import LONGEST, PROMISED, Cli, environment, mark, nothing_is_left, read_report, until
from tests.helpers import command as command_line

__all__ = ["mark"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has none of these")

HANDLED = """
    import os, signal, sys, time
    got = []
    number = getattr(signal, sys.argv[1])
    signal.signal(number, lambda *_: got.append(number))
    os.killpg(0, number)
    while not got:
        time.sleep(0.01)
    print("handled", flush=True)
    time.sleep(0.3)
    print("done")
    sys.exit(5)
"""


def script(folder: Path, text: str) -> str:
    path = folder / "program.py"
    path.write_text(textwrap.dedent(text))
    return str(path)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1"])
def test_what_a_program_sends_to_its_own_group_is_its_own_business(name: str, mark: str, tmp_path: Path) -> None:
    if name == "SIGUSR1":
        pytest.skip("ends whoever does not expect it, a shell as well")
    program, report = script(tmp_path, HANDLED), tmp_path / "r.json"
    with Cli(mark, "run", "--headless", "--report", str(report), program, name, group=True) as cli:
        assert cli.finish() == 5
    assert cli.stdout == "handled\ndone\n"
    assert (read_report(report)["ended"], read_report(report)["exit_code"]) == ("failed", 5)
    nothing_is_left(mark)


def test_group_session_and_signals_are_as_alone(mark: str, tmp_path: Path) -> None:
    program = script(
        tmp_path,
        """
        import os, re, signal
        status = open("/proc/self/status").read()
        print(os.getpgid(0) == int(os.environ["GROUP"]), os.getsid(0) == int(os.environ["SESSION"]))
        print(re.findall(r"^Sig(?:Blk|Ign):.*", status, re.M))
        """,
    )
    if not os.path.exists("/proc/self/status"):
        pytest.skip("reads /proc")
    words = ("GROUP=$$", f"SESSION={os.getsid(0)}", "exec")
    outputs = []
    for command in ([sys.executable], [sys.executable, "-m", "rocketgui", "run", "--headless"]):
        shell = f'export {words[0]} {words[1]}; {words[2]} "$@"'
        done = subprocess.run(
            ["sh", "-c", shell, "sh", *command, program],
            env=environment(mark), stdin=subprocess.DEVNULL, capture_output=True, text=True, process_group=0,
            check=True, timeout=LONGEST,
        )  # fmt: skip
        outputs.append(done.stdout)
    assert outputs[0].startswith("True True\n")
    assert outputs[1] == outputs[0]
    nothing_is_left(mark)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_stop_of_many_workers_is_soon_over(mark: str, tmp_path: Path) -> None:
    words = ["--workers", "128", "--limit", "sys.maxsize", "--start-method", "fork", "--report", str(tmp_path / "r")]
    with Cli(mark, "--headless", *words) as cli:
        cli.wait_for(128)
        cli.process.send_signal(signal.SIGTERM)
        nothing_but(cli, PROMISED)
        cli.finish(60)
    assert read_report(tmp_path / "r")["ended"] == "stopped"


def nothing_but(cli: Cli, seconds: float) -> None:
    """Wait until the program is gone, however long the command then takes to report."""
    deadline = time.monotonic() + seconds
    while found := program_pids(cli.process.pid):
        assert time.monotonic() < deadline, f"{len(found)} processes are left"
        time.sleep(0.01)


def program_pids(command: int) -> list[int]:
    """The processes below the supervisor."""
    supervisors = [pid for pid in process_tree.children(command) if "supervisor.py" in " ".join(command_line(pid))]
    return [pid for supervisor in supervisors for pid in process_tree.descendants(supervisor)]


def on_a_terminal(command: list[str], answer: bytes, mark: str, *, until_seen: str = "your name? ") -> str:
    """All that appears on a new terminal, on which `answer` is typed once some text is there for a while."""
    pid, terminal = pty.fork()
    if not pid:
        os.execve(command[0], command, environment(mark))
    seen = b""
    typed = False
    deadline = time.monotonic() + LONGEST
    quiet_since = time.monotonic()
    try:
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    data = os.read(terminal, 4096)
                except OSError:
                    break
                if not data:
                    break
                seen += data
                quiet_since = time.monotonic()
            elif not typed and until_seen.encode() in seen and time.monotonic() - quiet_since > 0.7:
                os.write(terminal, answer)
                typed = True
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return seen.decode(errors="replace")


def test_a_terminal_that_the_program_uses_is_the_programs(mark: str, tmp_path: Path) -> None:
    """No line of rocketgui's wipes its prompt, or sticks to its output; what it says comes after the program's end."""
    program = script(
        tmp_path,
        """
        import threading, time
        ticks = 0
        def tick():
            global ticks
            while True:
                ticks += 1
                time.sleep(0.05)
        threading.Thread(target=tick, daemon=True).start()
        print("hello", input("your name? "))
        """,
    )
    alone = on_a_terminal([sys.executable, program], b"Ada\n", mark)
    observed = on_a_terminal([sys.executable, "-m", "rocketgui", "run", "--headless", program], b"Ada\n", mark)
    assert "your name? Ada" in alone
    assert observed.startswith(alone)
    assert "\x1b" not in observed
    rest = observed.removeprefix(alone).splitlines()
    assert rest
    assert all(re.match(r"rocketgui: ", line) for line in rest)
    nothing_is_left(mark)


def test_a_terminal_that_goes_away_ends_the_run_and_the_report_is_written(mark: str, tmp_path: Path) -> None:
    program = script(tmp_path, "import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    report = tmp_path / "r.json"
    command = [sys.executable, "-m", "rocketgui", "run", "--headless", "--report", str(report), program]
    pid, terminal = pty.fork()
    if not pid:
        os.execve(command[0], command, environment(mark))
    seen = b""
    while b"up" not in seen:
        assert select.select([terminal], [], [], LONGEST)[0]
        seen += os.read(terminal, 4096)
    os.close(terminal)
    os.waitpid(pid, 0)
    found = until(lambda: read_report(report) if report.exists() else None, "the report")
    assert found["ended"] == "stopped"
    nothing_is_left(mark)
