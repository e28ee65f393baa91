"""The command line: what is refused, in one sentence, and what happens without a screen."""

from __future__ import annotations

import contextlib
import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rocketgui
from rocketgui.cli import display, main
from rocketgui.cli.arguments import parse
from rocketgui.options import Options, parse_watch, rocket_launch
from rocketgui.protocol.launch_spec import Script
from rocketgui.protocol.variant import START_METHODS, Variant
from tests.helpers import LONGEST, environment

MAX = f"{sys.maxsize:,}"


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in environment().items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "-m", "rocketgui", *words],
        env={**kept, **variables}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST,
        check=False,
    )  # fmt: skip


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"rocketgui {rocketgui.__version__}\n", "")


def test_version_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--headless", "--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"rocketgui {rocketgui.__version__}\n")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--help"])
    out = capsys.readouterr().out
    assert ended.value.code == 0
    for option in (
        "--workers", "--limit", "--start-method", "--launch", "--headless", "--report", "--version", "--python",
        "--self-test",
    ):  # fmt: skip
        assert option in out


REFUSED = [
    (["--limit", "ten"], "“ten” is not a number: type 10_000_000, 1e8, 50M or sys.maxsize."),
    (["--limit", "0"], "The limit must be 1 or more."),
    (["--limit=-5"], "The limit must be 1 or more."),
    (["--limit", "-5"], "The limit must be 1 or more."),
    (["--limit", "1e30"], f"The limit can be at most sys.maxsize, {MAX}."),
    (["--limit", "1.5"], "The limit must be a whole number."),
    (["--limit", ""], "Type a number"),
    (["--limit", "nan"], "is not a number"),
    (["--limit", "1e999999"], "The limit can be at most sys.maxsize"),
    (["--workers", "0"], "There can be 1 to 256 workers."),
    (["--workers", "257"], "There can be 1 to 256 workers."),
    (["--workers", "x"], "“x” is not a number: type 1 to 256."),
    (["--workers", "-1"], "There can be 1 to 256 workers."),
    (["--workers", "2.5"], "The number of workers must be a whole number."),
    (["--workers"], "expected one argument"),
    (["--start-method", "teleport"], "teleport"),
    (["--python", "/no/such/python"], "there is no program /no/such/python"),
    (["--python", "/etc"], "there is no Python in the folder /etc"),
    (["--python", "/bin/false"], "/bin/false does not start as a Python 3 does"),
    (["--python", ""], "no Python is named"),
    (["--present", "wall"], "invalid choice: 'wall'"),
    (["--run-as", "sub-interpreters", "--variable", "locked"], "sub-interpreters"),
    (["--nonsense"], "unrecognized arguments: --nonsense"),
    (["nonsense"], "nonsense"),
]


@pytest.mark.parametrize(("words", "says"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_what_makes_no_sense_is_refused(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--headless", *words])
    out, err = capsys.readouterr()
    assert ended.value.code == 2
    assert out == ""
    assert err.startswith("rocketgui: ")
    assert says in err
    assert err.count("\n") == 1
    assert err.endswith("\n")


def test_refusal_of_a_real_command() -> None:
    done = run("--headless", "--limit", "ten")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_report_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for path in (tmp_path, tmp_path / "no" / "r.json", file / "r.json"):
        with pytest.raises(SystemExit) as ended:
            main.main(["--headless", "--report", str(path)])
        err = capsys.readouterr().err
        assert ended.value.code == 2
        assert f"{path} cannot be written" in err
        assert err.count("\n") == 1


def test_report_in_a_folder_without_rights() -> None:
    """/proc takes no files, not even from root."""
    done = run("--headless", "--limit", "1", "--report", "/proc/r.json")
    assert done.returncode == 2
    assert "/proc/r.json cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_is_understood(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    words = ["--workers", "3", "--limit", "50M", "--start-method", "spawn", "--launch", "--report", str(report)]
    assert parse(words) == Options(
        3, 50_000_000, Variant(start_method="spawn"), launch=True, headless=False, report=report,
        given=frozenset({"workers", "limit", "start_method"}),
    )  # fmt: skip
    assert parse(["--limit", "sys.maxsize"]).limit == sys.maxsize
    assert parse(["--python", sys.prefix]).python == sys.executable
    assert parse(["--self-test"]) == Options(self_test=True)
    assert parse([]) == Options()


def test_launch_of_the_rocket_program() -> None:
    launch = rocket_launch(3, 7, Variant(start_method="spawn"), "/a/python", own_session=True)
    assert launch.argv == ("rocket.py", "--workers", "3", "--limit", "7", "--start-method", "spawn")
    assert (launch.python, launch.workers, launch.limit, launch.watch) == ("/a/python", 3, 7, ("rocket",))
    assert launch.own_session
    assert not rocket_launch(3, 7, Variant(start_method="spawn"), "/a/python", own_session=False).own_session


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "no screen was found"),
        ({"DISPLAY": ":987"}, "the screen :987 that DISPLAY names does not answer"),
        ({"WAYLAND_DISPLAY": "wayland-987"}, "the screen wayland-987 that WAYLAND_DISPLAY names does not answer"),
        ({"DISPLAY": "", "WAYLAND_DISPLAY": "wayland-987"}, "WAYLAND_DISPLAY names does not answer"),
        ({"DISPLAY": ":987.0", "QT_QPA_PLATFORM": "xcb"}, "does not answer"),
        ({"DISPLAY": ":987", "QT_QPA_PLATFORM": "wayland"}, "does not answer"),
    ],
    ids=["none", "X", "Wayland", "Wayland and no X", "Qt's X", "Qt's Wayland"],
)
def test_no_screen(variables: dict[str, str], says: str) -> None:
    done = run(**variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "--headless" in done.stderr
    assert done.stderr.count("\n") == 1


def test_screens_that_need_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.missing() == ""
    monkeypatch.setenv("QT_QPA_PLATFORM", "minimal:enable_fonts")
    assert display.missing() == ""


def test_screen_of_another_machine_is_left_to_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setenv("DISPLAY", "elsewhere.example:10.0")
    assert display.missing() == ""


def test_start_methods_are_those_of_multiprocessing() -> None:
    assert list(START_METHODS) == multiprocessing.get_all_start_methods()


def test_another_window() -> None:
    """What starts without Qt hands on the options of a window, and nothing else."""
    asked: list[Options] = []

    def window(options: Options) -> int:
        asked.append(options)
        return 7

    assert main.main(["--workers", "3"], window) == 7
    assert [options.workers for options in asked] == [3]
    assert main.main(["--version"], window) == 0
    with pytest.raises(SystemExit):
        main.main(["--workers", "none"], window)
    assert len(asked) == 1


def test_all_behind_the_name_of_a_program_is_the_programs() -> None:
    options = parse(["run", "--watch", "a", "--watch", "m.b", "--headless", __file__, "--report", "x", "--", "-m", "y"])
    assert options.script == Script((__file__, "--report", "x", "--", "-m", "y"), ("a", "m.b"))
    assert (options.headless, options.launch, options.report) == (True, True, None)
    launch = options.command(own_session=False)
    assert (launch.argv, launch.watch, launch.source) == (options.script.argv, ("a", "m.b"), None)
    module = parse(["run", "-m", "json.tool", "-h"])
    assert module.script == Script(("-m", "json.tool", "-h"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run"], "the following arguments are required: SCRIPT"),
        (["run", "no such file.py"], "there is no file no such file.py"),
        (["run", "--watch", "1x", __file__], "1x names no value: expected NAME, module.NAME or function:local"),
        (["run", "--watch", "a:b:c", __file__], "a:b:c names no value"),
        (["run", "--watch", "a,b", __file__], "a,b names no value"),
        (["run", "--workers", "2", __file__], "unrecognized arguments: --workers"),
        (["run", "--python", "/no/such/python", __file__], "there is no program /no/such/python"),
    ],
    ids=str,
)
def test_what_cannot_be_run_is_refused(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(words)
    told = capsys.readouterr()
    assert (ended.value.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert told.err.startswith("rocketgui: ")
    assert sentence in told.err


@given(st.text())
def test_names_of_values_are_names(typed: str) -> None:
    with contextlib.suppress(ValueError):
        watched = parse_watch(typed)
        function, colon, name = watched.rpartition(":")
        parts = (*function.split("."), name) if colon else watched.split(".")
        assert all(part.isidentifier() for part in parts)
        assert "," not in watched


@given(st.lists(st.from_regex(r"[^\W\d]\w*", fullmatch=True), min_size=1, max_size=4), st.booleans())
def test_whatever_python_can_name_can_be_watched(parts: list[str], is_local: bool) -> None:
    names = [part for part in parts if part.isidentifier()]
    if names:
        watched = f"{'.'.join(names)}:{names[0]}" if is_local else ".".join(names)
        assert parse_watch(f" {watched} ") == watched
