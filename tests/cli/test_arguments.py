"""The command line's arguments: what is understood, and what is refused in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rocketgui.cli import main
from rocketgui.cli.arguments import parse
from rocketgui.options import Options
from rocketgui.protocol.launch_spec import Script
from rocketgui.protocol.variant import Variant
from tests.cli.command import run

MAX = f"{sys.maxsize:,}"

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
