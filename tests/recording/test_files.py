"""Files are written whole or not at all, and what is no regular file stays what it is."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rocketgui.recording import files
from tests.helpers import Cli, mark, nothing_is_left, read_report

__all__ = ["mark"]

unix = pytest.mark.skipif(os.name == "nt", reason="there are no such files")
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="takes rights")
NOBODY = 65534


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """As a user without rights."""
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        files.write_json(tmp_path / "r.json", {"a": "ä\udcff"})
    finally:
        os.umask(before)
    assert (tmp_path / "r.json").read_bytes() == '{\n  "a": "ä\\udcff"\n}\n'.encode()
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8")) == {"a": "ä\udcff"}
    assert os.name == "nt" or stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o644
    assert os.listdir(tmp_path) == ["r.json"]


@unix
def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "real.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(os.path.join("folder", "real.json"))
    before = target.stat().st_ino
    files.write(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.stat().st_ino != before  # replaced, not written over
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "folder" / "new")
    files.write(dangling, b"x")
    assert dangling.is_symlink()
    assert (tmp_path / "folder" / "new").read_bytes() == b"x"
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="link"):
        files.write(loop, b"x")
    assert files.obstacle(loop)


@unix
def test_devices_stay_devices(tmp_path: Path) -> None:
    before = os.stat("/dev/null").st_rdev
    files.write("/dev/null", b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert os.stat("/dev/null").st_rdev == before
    assert files.obstacle("/dev/null") is None
    if os.path.exists("/dev/full"):
        with pytest.raises(OSError, match="No space left"):
            files.write("/dev/full", b"x")
        assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    files.write(link, b"x")
    assert link.is_symlink()


@unix
def test_pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="No such device"):
        files.write(pipe, b"x")  # nobody reads it
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    data = b"0123456789" * 50_000
    reader.start()
    while True:
        try:
            files.write(pipe, data)
            break
        except OSError:  # it has not opened it yet
            continue
    reader.join()
    assert found == [data]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    silent = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match="nobody reads"):
            files.write(pipe, data)
    finally:
        os.close(silent)


@unix
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_own_descriptors_are_written_on(name: str, tmp_path: Path) -> None:
    """What was written there before stays."""
    code = "import sys; from rocketgui.recording import files; print('before', flush=True)\n"
    code += "assert files.obstacle(sys.argv[1]) is None; files.write(sys.argv[1], b'data\\n'); print('after')"
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", code, name], stdout=out, check=True, cwd=os.getcwd())
    assert (tmp_path / "out").read_text() == "before\ndata\nafter\n"


def test_obstacles_change_nothing(tmp_path: Path) -> None:
    assert files.obstacle(tmp_path)
    assert files.obstacle(tmp_path / "missing" / "r.json")
    assert files.obstacle(tmp_path / "r.json") is None
    assert files.obstacle("a\0b")
    assert os.listdir(tmp_path) == []


@unix
@as_root
def test_as_another_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("open")
    for parent in (folder, *list(folder.parents)[:3]):
        parent.chmod(0o755)
    mine, theirs = folder / "root.json", folder / "nobody.json"
    mine.write_text("old")
    theirs.write_text("old")
    os.chown(theirs, NOBODY, NOBODY)
    files.write(theirs, b"by root")
    assert theirs.stat().st_uid == NOBODY  # it stays whose it is
    with as_nobody():
        assert files.obstacle(mine) == "Permission denied"
        assert files.obstacle(folder / "new.json") == "Permission denied"
        assert files.obstacle(theirs) is None
        files.write(theirs, b"by nobody")  # in a folder in which nothing can be made
        with pytest.raises(PermissionError):
            files.write(mine, b"x")
    assert (mine.read_text(), theirs.read_text()) == ("old", "by nobody")
    assert sorted(os.listdir(folder)) == ["nobody.json", "root.json"]


@unix
@pytest.mark.parametrize(
    ("report", "code", "sentence"),
    [
        ("/dev/null", 0, ""),
        ("/dev/full", 1, "the report could not be written: [Errno 28] No space left on device"),
        ("/dev/stdout", 0, ""),
    ],
)
def test_report_to_a_device(report: str, code: int, sentence: str, mark: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('hello')")
    with Cli(mark, "run", "--headless", "--report", report, str(program)) as cli:
        assert cli.finish() == code
    assert sentence in cli.stderr
    assert "Traceback" not in cli.stderr
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
    assert cli.stdout.startswith("hello\n")
    if report == "/dev/stdout":
        assert json.loads(cli.stdout.removeprefix("hello\n"))["exit_code"] == 0
    nothing_is_left(mark)


@unix
def test_arguments_that_are_no_text(mark: str, tmp_path: Path) -> None:
    """They reach the program as they are, and the report is written."""
    folder = os.path.join(os.fsencode(tmp_path), b"fol\xffder")
    os.mkdir(folder)
    program = os.fsdecode(os.path.join(folder, b"pro\xfegram.py"))
    Path(program).write_text("import os, sys\nprint([os.fsencode(word) for word in sys.argv])\n")
    report = tmp_path / "r.json"
    with Cli(mark, "run", "--headless", "--report", str(report), program, os.fsdecode(b"a\xffb"), "ä") as cli:
        assert cli.finish() == 0
    assert cli.stdout == f"{[os.fsencode(program), b'a' + bytes([255]) + b'b', 'ä'.encode()]}\n"
    found = read_report(report)
    assert found["program"]["argv"] == [os.path.basename(program), "a\udcffb", "ä"]
    assert "Traceback" not in cli.stderr
    nothing_is_left(mark)


@unix
def test_report_where_nobody_reads_what_is_said(mark: str, tmp_path: Path) -> None:
    """As with `2>&1 | true`: the report is written, and the exit code is the program's."""
    program, report = tmp_path / "program.py", tmp_path / "r.json"
    program.write_text("import sys\nsys.exit(3)\n")
    read, write = os.pipe()
    os.close(read)
    words = [sys.executable, "-m", "rocketgui", "run", "--headless", "--report", str(report), str(program)]
    for stderr in (write, subprocess.DEVNULL):
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=write, stderr=stderr, check=False)
        assert done.returncode == 3
        assert read_report(report)["exit_code"] == 3
        report.unlink()
    os.close(write)
    nothing_is_left(mark)
