"""What a Linux desktop gets: files that its own checkers accept, and a package that brings or declares all it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.window.screen import screen
from installers import packages
from tests.cli.test_headless import arguments, check_two_rockets
from tests.helpers import mark, read_report, until
from tests.packaged.test_window import windows

__all__ = ["mark"]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="this is not Linux")

SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
#: A fresh Debian takes half a minute to unpack, and a package as long to press.
PATIENCE_S = 600


def tool(name: str) -> str:
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages.desktop_files(tmp_path_factory.mktemp("desktop") / "share")


def test_desktop_entry(desktop: Path) -> None:
    checked = subprocess.run(
        [tool("desktop-file-validate"), desktop / "applications" / "rocketgui.desktop"], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_metainfo(desktop: Path) -> None:
    [file] = (desktop / "metainfo").iterdir()
    checked = subprocess.run(
        [tool("appstreamcli"), "validate", "--no-net", file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_file_type(desktop: Path, tmp_path: Path) -> None:
    """The system's own compiler of file types takes it, and knows the ending."""
    place = tmp_path / "mime" / "packages"
    place.mkdir(parents=True)
    shutil.copy(desktop / "mime" / "packages" / "rocketgui.xml", place)
    subprocess.run([tool("update-mime-database"), tmp_path / "mime"], check=True, capture_output=True)
    assert "application/x-rocketgui-run:*.rocket" in (tmp_path / "mime" / "globs").read_text()


def test_icons(desktop: Path) -> None:
    from PySide6.QtGui import QImage

    for folder in (desktop / "icons" / "hicolor").iterdir():
        if folder.name != "scalable":
            image = QImage(str(folder / "apps" / "rocketgui.png"))
            assert f"{image.width()}x{image.height()}" == folder.name
            assert image.pixelColor(image.width() // 2, image.height() // 2).alpha() == 255


@pytest.fixture(scope="session")
def fresh_root(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian with nothing in it but the package and what that declares."""
    bootstrap = tool("debootstrap")
    if os.geteuid() != 0:
        pytest.skip("only root can make a fresh system")
    if app != packages.DIST / "rocketgui":
        pytest.skip("the package is made of dist/rocketgui")
    package = packages.deb()
    root = tmp_path_factory.mktemp("root")
    made = subprocess.run(
        [bootstrap, "--variant=minbase", SUITE, root, MIRROR], capture_output=True, text=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-2000:]
    mounted: list[Path] = []
    try:
        for kind, name in (("proc", "proc"), ("tmpfs", "dev/shm")):
            subprocess.run(["mount", "-t", kind, kind, root / name], check=True)
            mounted.append(root / name)
        shutil.copy(package, root / "tmp")
        install = ["apt-get", "install", "-qy", "--no-install-recommends", f"/tmp/{package.name}"]
        done = inside(root, *install, DEBIAN_FRONTEND="noninteractive")
        assert done.returncode == 0, done.stdout + done.stderr
        yield root
    finally:
        for place in reversed(mounted):
            subprocess.run(["umount", "--lazy", place], check=True)
        shutil.rmtree(root)


def inside(root: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the fresh system."""
    return subprocess.run(
        chroot(root, *words), env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **variables},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def chroot(root: Path, *words: str) -> list[str]:
    return [tool("chroot"), str(root), *words]


def test_deb_runs_without_a_window(fresh_root: Path, mark: str) -> None:
    assert inside(fresh_root, "which", "python3").returncode != 0
    done = inside(fresh_root, "rocketgui", *arguments(Path("/tmp/r.json"), method="spawn"))
    assert done.returncode == 0, done.stderr
    check_two_rockets(read_report(fresh_root / "tmp" / "r.json"), "spawn")


def test_deb_shows_its_window(fresh_root: Path, mark: str) -> None:
    sockets = fresh_root / "tmp" / ".X11-unix"
    sockets.mkdir(exist_ok=True)
    with screen():
        tools = {**os.environ, "QT_QPA_PLATFORM": "xcb"}
        subprocess.run(["mount", "--bind", "/tmp/.X11-unix", sockets], check=True)
        try:
            with subprocess.Popen(
                chroot(fresh_root, "rocketgui", "--launch", "--limit", "1_000_000", "--report", "/tmp/w.json"),
                env={"PATH": "/usr/bin", "HOME": "/root", "LANG": "C.UTF-8", "DISPLAY": os.environ["DISPLAY"]},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            ) as process:  # fmt: skip
                try:
                    until(lambda: windows(tools), "the window")
                    until((fresh_root / "tmp" / "w.json").exists, "the report")
                finally:
                    process.terminate()
                    _, complaints = process.communicate(timeout=60)
            assert (process.returncode, complaints) == (0, "")
        finally:
            subprocess.run(["umount", sockets], check=True)
    assert read_report(fresh_root / "tmp" / "w.json")["ended"] == "finished"
