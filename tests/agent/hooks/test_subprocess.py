"""Processes that a program starts without multiprocessing have agents too, whatever environment they are given."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.agent import trace_format
from rocketgui.agent.hooks.subprocess import LETTERS, WORDS, SubprocessHooks, words
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import every_python, no_trouble, same
from tests.helpers import Python, alone_and_observed, clean, pythons

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows hides no variables")

STARTS = """
    import os, subprocess, sys

    rocket = 0
    SHOW = "import os; rocket = int(os.environ.get('N', 0)); print(rocket, sorted(set(os.environ) - {'LC_CTYPE'}))"

    def wait(pid):
        print(os.waitpid(pid, 0)[1], flush=True)

    def run(number, environment, *more, **options):
        if environment is not None:
            environment = dict(environment, N=str(number))
        subprocess.run([sys.executable, *more, "-c", SHOW], env=environment, check=True, **options)

    run(1, os.environ)
    run(2, {})
    run(3, {"PYTHONPATH": "/no/such/folder"}, close_fds=False)
    run(4, {b"PYTHONHASHSEED": b"1"})
    subprocess.run(sys.executable + " -c 'rocket = 5'", shell=True, env=dict(os.environ, N="5"), check=True)
    command = [sys.executable, "-c", SHOW]
    wait(os.posix_spawn(sys.executable, command, dict(os.environ, N="6")))
    wait(os.spawnve(os.P_NOWAIT, sys.executable, command, dict(os.environ, N="7")))
    pid = os.fork()
    if not pid:
        os.execvpe(sys.executable, command, {"N": "8"})
    wait(pid)
    os.environ["PYTHONPATH"] = "/another"
    os.environ["N"] = "9"
    run(9, None)
    del os.environ["PYTHONPATH"]
    os.environ["N"] = "10"
    run(10, None)
    print(subprocess.run(["true"]).returncode, subprocess.run(["sh", "-c", "exit 3"]).returncode)
    try:
        subprocess.run(["/no/such/program"], env={})
    except FileNotFoundError as error:
        print(error)
"""


@every_python
@pytest.mark.parametrize("with_path", [False, True])
def test_every_way_to_start_a_python(python: Python, with_path: bool, script: Script, tmp_path: Path) -> None:
    base = clean()
    if with_path:
        base["PYTHONPATH"] = str(tmp_path)
    alone, observed = alone_and_observed(python, [script(STARTS)], base=base)
    same(alone, observed)
    assert observed.code == 0
    no_trouble(observed)
    # 7 was forked by os.spawnve before it was executed, as 8 was: the same process with two trace buffers.
    assert {reader.values()[-1] for reader in observed.children if reader.values()} >= set(range(1, 11))
    spawned = [record.texts for record in observed.root.of(trace_format.SPAWNED)]
    if spawned[-1][1] == "/no/such/program":  # where posix_spawn is used, there never was such a process
        spawned.pop()
    assert [texts[1:] for texts in spawned[-2:]] == [("true",), ("sh", "-c", "exit 3")]
    told = {int(pid): code for pid, code in (record.texts for record in observed.root.of(trace_format.REAPED))}
    assert told[int(spawned[-1][0])] == "3"


@pytest.mark.parametrize("python", [python for python in pythons() if python.version >= (3, 11)], ids=str)
@pytest.mark.parametrize(
    "call",
    [
        "subprocess.run(['/no/such/program'])",
        "subprocess.run(['/no/such/program'], close_fds=False, env={})",
        "os.posix_spawn('/no/such/program', ['x'], {})",
        "os.execvpe('no such program', ['x'], {})",
        "os.execve('/no/such/program', ['x'], {'=': 1})",
    ],
)
def test_what_cannot_be_started_fails_as_it_does_alone(python: Python, call: str, script: Script) -> None:
    alone, observed = alone_and_observed(python, [script(f"import os, subprocess\n{call}")])
    same(alone, observed)
    assert "Error" in observed.stderr


def test_the_environment_that_is_given_stays_as_it_is(script: Script) -> None:
    program = script(
        """
        import os, subprocess, sys

        mine = {"A": "1"}
        subprocess.run([sys.executable, "-c", ""], env=mine, check=True)
        os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "-c", ""], mine), 0)
        print(mine)
        for wrong in ({"A=B": "1"}, {1: "2"}, 3):
            for call in (subprocess.run, lambda argv, env: os.posix_spawn("/bin/true", argv, env)):
                try:
                    call(["true"], env=wrong)
                except Exception as error:
                    print(type(error), error)
        """
    )
    alone, observed = alone_and_observed(Python(sys.executable, sys.version_info[:3]), [program])
    same(alone, observed)
    assert observed.stdout.startswith("{'A': '1'}\n")


@given(
    st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="=\0"), min_size=1), st.text()),
    st.sampled_from([str, os.fsencode]),
)
def test_what_is_added_to_an_environment(environment: dict[str, str], kind: type) -> None:
    taken = {name: value for name, value in environment.items() if "\0" not in value and "ROCKETGUI" not in name}
    given_names = {kind(name): kind(value) for name, value in taken.items()}
    errors: list[Exception] = []
    hooks = SubprocessHooks("/run", ["rocket"], "5:7", lambda *_: None, lambda _: None, lambda: None, errors.append)
    found = hooks.completed(given_names)
    theirs = given_names.get(kind("PYTHONPATH"))
    assert (found[trace_format.ENV_RUN], found[trace_format.ENV_OWNER]) == ("/run", "5:7")
    assert found.get(trace_format.ENV_PYTHONPATH) == theirs
    first, _, rest = found["PYTHONPATH"].partition(os.pathsep)
    assert first.endswith("inject")
    assert rest == ("" if theirs is None else os.fsdecode(theirs))
    assert given_names.items() - {(kind("PYTHONPATH"), theirs)} <= found.items()
    assert hooks.completed(found) == found
    assert not errors


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_long_command_line_is_told_by_its_beginning(argv: list[str]) -> None:
    told = words(argv)
    assert len(told) == min(len(argv), WORDS)
    assert all(word == full[:LETTERS] for word, full in zip(told, argv, strict=False))
