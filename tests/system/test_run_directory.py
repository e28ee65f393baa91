"""The directory of a run: removed whole, nothing but it, and swept away when its owner was killed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rocketgui.system import run_directory
from tests.helpers import environment, until


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "rocketgui-run"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with a file, which is none of the run's."""
    path = tmp_path / "elsewhere"
    path.mkdir()
    path.joinpath("letter").write_text("dear")
    return path


def identity(path: Path) -> run_directory.Identity:
    found = run_directory.identity(str(path))
    assert found is not None
    return found


def test_created_for_this_user_alone() -> None:
    path = run_directory.create()
    try:
        assert os.stat(path).st_mode & 0o777 == 0o700
        assert os.path.basename(path).startswith(run_directory.PREFIX)
    finally:
        assert run_directory.remove(path, run_directory.identity(path))


def test_everything_in_it_is_removed_and_no_link_followed(directory: Path, elsewhere: Path) -> None:
    created = identity(directory)
    directory.joinpath("control_block").write_text("control_block")
    directory.joinpath("folder", "deep").mkdir(parents=True)
    directory.joinpath("folder", "deep", "file").write_text("file")
    directory.joinpath("folder", "link").symlink_to(elsewhere)
    directory.joinpath("link").symlink_to(elsewhere)
    directory.joinpath("file link").symlink_to(elsewhere / "letter")
    directory.joinpath("dangling").symlink_to("nowhere")
    os.mkfifo(directory / "fifo")
    os.mkdir(os.fsencode(directory) + b"/\xff")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(directory / "socket"))
    assert run_directory.remove(str(directory), created)
    assert not directory.exists()
    assert elsewhere.joinpath("letter").read_text() == "dear"


@pytest.mark.parametrize("instead", ["link", "folder", "file", "nothing"])
def test_another_in_its_place_is_left_alone(instead: str, directory: Path, elsewhere: Path) -> None:
    created = identity(directory)
    directory.rename(directory.with_name("moved"))
    if instead == "link":
        directory.symlink_to(elsewhere)
    elif instead == "folder":
        shutil.copytree(elsewhere, directory)
    elif instead == "file":
        directory.write_text("dear")
    assert run_directory.remove(str(directory), created) == (instead in ("link", "file", "nothing"))
    assert elsewhere.joinpath("letter").read_text() == "dear"
    assert os.path.lexists(directory) == (instead != "nothing")
    if instead == "folder":
        assert directory.joinpath("letter").read_text() == "dear"


def test_swapped_while_it_is_being_removed(directory: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the worst moment: between the look at it and the removal of what is in it."""
    created = identity(directory)
    directory.joinpath("control_block").write_text("control_block")
    listdir = os.listdir

    def swap_first(folder: int) -> list[str]:
        directory.rename(directory.with_name("moved"))
        directory.symlink_to(elsewhere)
        return listdir(folder)

    with monkeypatch.context() as patched:
        patched.setattr(os, "listdir", swap_first)
        run_directory.remove(str(directory), created)
    assert elsewhere.joinpath("letter").read_text() == "dear"
    assert not directory.with_name("moved").joinpath("control_block").exists()


def test_without_descriptors_of_folders(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_directory, "_BY_DESCRIPTOR", False)
    directory.joinpath("control_block").write_text("control_block")
    assert run_directory.remove(str(directory), identity(directory))
    assert run_directory.sweep([str(directory.parent)]) == []


def test_removed_twice(directory: Path) -> None:
    created = identity(directory)
    assert run_directory.remove(str(directory), created)
    assert run_directory.remove(str(directory), created)
    assert run_directory.identity(str(directory)) is None
    assert run_directory.remove(str(directory), None)


def _owned(directory: Path) -> subprocess.Popen[bytes]:
    """A living owner of the directory."""
    code = f"from rocketgui.system import run_directory as r; claim = r.Claim({str(directory)!r}); input()"
    owner = subprocess.Popen([sys.executable, "-c", code], env=environment(), stdin=subprocess.PIPE)
    until(directory.joinpath(run_directory.OWNER).exists, "the claim")
    return owner


def test_swept_away_when_its_owner_was_killed(directory: Path) -> None:
    owner = _owned(directory)
    assert directory.joinpath(run_directory.OWNER).read_text() == f"{owner.pid}\n"
    assert run_directory.sweep([str(directory.parent)]) == []
    assert directory.exists()
    owner.kill()
    owner.communicate()
    assert run_directory.sweep([str(directory.parent)]) == [str(directory)]
    assert not directory.exists()


def test_released(directory: Path) -> None:
    claim = run_directory.Claim(str(directory))
    assert run_directory.sweep([str(directory.parent)]) == []
    claim.release()
    claim.release()
    assert run_directory.sweep([str(directory.parent)]) == [str(directory)]


def test_processes_of_the_owner_do_not_hold_its_claim(directory: Path) -> None:
    claim = run_directory.Claim(str(directory))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    claim.release()
    # exec closes descriptors one after another, and Popen() returns when the first ones are
    until(lambda: run_directory.sweep([str(directory.parent)]) == [str(directory)], "the claim's end")
    assert child.poll() is None
    child.communicate(b"\n")


@pytest.mark.parametrize("claim", ["none", "link", "fifo", "folder"])
def test_unclaimed_goes_when_it_is_old(claim: str, directory: Path, elsewhere: Path) -> None:
    path = directory / run_directory.OWNER
    if claim == "link":
        path.symlink_to(elsewhere / "letter")
    elif claim == "fifo":
        os.mkfifo(path)
    elif claim == "folder":
        path.mkdir()
    place = [str(directory.parent)]
    assert run_directory.sweep(place) == []
    yesterday = time.time() - run_directory.OLD - 60
    os.utime(directory, (yesterday, yesterday))
    assert run_directory.sweep(place) == [str(directory)]
    assert elsewhere.joinpath("letter").read_text() == "dear"


@pytest.mark.parametrize("kind", ["link", "open to others", "other name", "file"])
def test_what_is_no_directory_of_a_run_is_never_swept(kind: str, directory: Path, elsewhere: Path) -> None:
    directory.rmdir()
    if kind == "link":
        directory.symlink_to(elsewhere)
    elif kind == "open to others":
        directory.mkdir(mode=0o755)
    elif kind == "other name":
        directory = directory.with_name("other")
        directory.mkdir(mode=0o700)
    else:
        directory.write_text("dear")
    elsewhere.chmod(0o700)
    yesterday = time.time() - run_directory.OLD - 60
    os.utime(directory, (yesterday, yesterday), follow_symlinks=False)
    assert run_directory.sweep([str(directory.parent), str(directory.parent / "nowhere")]) == []
    assert os.path.lexists(directory)
    assert elsewhere.joinpath("letter").read_text() == "dear"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give directories away")
def test_another_users_is_never_swept(directory: Path) -> None:
    os.chown(directory, 65534, 65534)
    yesterday = time.time() - run_directory.OLD - 60
    os.utime(directory, (yesterday, yesterday))
    assert run_directory.sweep([str(directory.parent)]) == []


def test_a_sweep_is_bounded(tmp_path: Path) -> None:
    yesterday = time.time() - run_directory.OLD - 60
    for number in range(run_directory.SWEPT_AT_A_TIME + 5):
        path = tmp_path / f"rocketgui-{number}"
        path.mkdir(mode=0o700)
        os.utime(path, (yesterday, yesterday))
    assert len(run_directory.sweep([str(tmp_path)])) == run_directory.SWEPT_AT_A_TIME
    assert len(run_directory.sweep([str(tmp_path)])) == 5
