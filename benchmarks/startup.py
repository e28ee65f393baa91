"""How long until the window is there, and how large the package is, beside an empty window made the same way."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import system
from benchmarks.figures import Figure, add_json_option, alternating, deliver, machine, ratios, say
from benchmarks.window.screen import screen
from rocketgui.resources import resource

PARTS = ("window", "commands", "size")
PATIENCE_S = 60.0
DIST, BUILD = system.REPOSITORY / "dist", system.REPOSITORY / "build"
EMPTY = system.REPOSITORY / "benchmarks" / "window" / "empty.py"
#: Where the app writes when it was painted; see rocketgui/gui/window/first_frame.py.
VARIABLE = "ROCKETGUI_STARTUP"
LIMIT = "sys.maxsize"

Commands = Mapping[str, Sequence[str]]


def main(arguments: list[str]) -> int:
    """Measure, and show the figures; 0 even if a target is missed, since that is for the reader to judge."""
    options = _parse(arguments)
    found = machine()
    figures: list[Figure] = []
    where = "none needed"
    try:
        packaged = _packaged() if options.packaged else {}
        if "window" in options.parts:
            with screen() as where:
                figures += windows("checkout", _checkout(), options.rounds)
                if packaged:
                    figures += windows("packaged", packaged, options.rounds)
        if "commands" in options.parts:
            figures += commands("checkout", system.module("rocketgui"), options.rounds)
            if packaged:
                figures += commands("packaged", [packaged["rocketgui"][0]], options.rounds)
        if "size" in options.parts and packaged:
            figures += sizes()
    except (RuntimeError, subprocess.SubprocessError) as error:
        say(f"startup: {error}")
        return 1
    notes = [f"Screen: {where}. From exec to when the frame has been handed to the screen; files are in the cache."]
    deliver("startup", {**found, "screen": where}, figures, notes, options.json)
    return 0


# ---------------------------------------------------------------- what is measured


def windows(how: str, commands: Commands, rounds: int) -> list[Figure]:
    """From exec to the first painted window, and to the first painted sample of a run launched at once."""
    say(f"Windows, {how}, {rounds} rounds:")
    kinds = ("rocketgui", "empty")
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    for kind in alternating(rounds + 1, kinds):  # the first of each brings the files into the cache
        found[kind].append(_start(commands[kind]))
        say(f"  {kind:9} " + "  ".join(f"{name} {value:.0f} ms" for name, value in found[kind][-1].items()))
    painted = {kind: [result["painted"] for result in results[1:]] for kind, results in found.items()}
    samples = [result["sample"] for result in found["rocketgui"][1:]]
    return [
        Figure(f"painted_{how}", f"first painted window, {how}", "ms", painted["rocketgui"]),
        Figure(f"empty_{how}", f"... an empty window, {how}", "ms", painted["empty"]),
        Figure(f"painted_ratio_{how}", "... ratio", "x", ratios(painted["rocketgui"], painted["empty"]), 1.25),
        Figure(f"sample_{how}", f"first painted sample (--launch), {how}", "ms", samples),
    ]


def commands(how: str, command: Sequence[str], rounds: int) -> list[Figure]:
    """`--version` beside `python -c pass`, and how much later the program's first line comes than it does alone."""
    say(f"Commands, {how}, {rounds} rounds:")
    sides: dict[str, Callable[[], float]] = {
        "version": lambda: _seconds([*command, "--version"]),
        "pass": lambda: _seconds([sys.executable, "-c", "pass"]),
        "headless": lambda: _first_line([*command, "--headless", "--limit", "1000"]),
        "alone": lambda: _first_line([sys.executable, str(resource("programs/rocket.py")), "--limit", "1000"]),
    }
    found: dict[str, list[float]] = {side: [] for side in sides}
    for side in alternating(rounds, list(sides)):
        found[side].append(1000 * sides[side]())
    later = [one - other for one, other in zip(found["headless"], found["alone"], strict=True)]
    return [
        Figure(f"version_{how}", f"rocketgui --version, {how}", "ms", found["version"]),
        Figure(f"pass_{how}", "... python -c pass", "ms", found["pass"]),
        Figure(f"version_ratio_{how}", "... ratio", "x", ratios(found["version"], found["pass"]), 2.0),
        Figure(f"headless_{how}", f"--headless: first line later than alone, {how}", "ms", later, 150.0),
    ]


def sizes() -> list[Figure]:
    """The folder and the .deb, beside an empty window packaged the same way."""
    say("Sizes; each .deb takes a minute:")
    folders = {kind: _megabytes(DIST / kind) for kind in ("rocketgui", "empty")}
    figures = [
        Figure("folder", "one folder on disk", "MB", [folders["rocketgui"]]),
        Figure("folder_empty", "... an empty window's", "MB", [folders["empty"]]),
        Figure("folder_ratio", "... ratio", "x", [folders["rocketgui"] / folders["empty"]], 1.05),
    ]
    if shutil.which("dpkg-deb"):
        debs = {kind: _deb_megabytes(DIST / kind) for kind in folders}
        figures += [
            Figure("deb", ".deb", "MB", [debs["rocketgui"]]),
            Figure("deb_empty", "... an empty window's", "MB", [debs["empty"]]),
            Figure("deb_ratio", "... ratio", "x", [debs["rocketgui"] / debs["empty"]], 1.05),
        ]
    return figures


# ---------------------------------------------------------------- how


def _checkout() -> Commands:
    return {"rocketgui": [*system.module("rocketgui"), "--launch", "--limit", LIMIT],
            "empty": [sys.executable, str(EMPTY)]}  # fmt: skip


def _packaged() -> Commands:
    """The packaged app and the empty window, built if they are not there yet.

    Raises:
        RuntimeError: one could not be built.
    """
    for name, spec in (("rocketgui", "build.spec"), ("empty", "benchmarks/empty.spec")):
        if not (DIST / name).exists():
            say(f"building {name} ...")
            build = system.module("PyInstaller", "--noconfirm", "--log-level", "ERROR", "--distpath", DIST)
            done = subprocess.run([*build, "--workpath", str(BUILD), spec], cwd=system.REPOSITORY, check=False)
            if done.returncode:
                raise RuntimeError(f"{name} could not be built; pip install -e '.[installers]' brings what it takes")
    return {
        "rocketgui": [str(DIST / "rocketgui" / "rocketgui"), "--launch", "--limit", LIMIT],
        "empty": [str(DIST / "empty" / "empty")],
    }


def _start(command: Sequence[str]) -> dict[str, float]:
    """Start a window, wait for its first sample or, of an empty one, its first frame, and end it; in ms since exec.

    Raises:
        RuntimeError: nothing was painted in time.
    """
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as directory:
        file = Path(directory, "painted.json")
        last = "painted_ns" if "empty" in Path(command[-1]).name else "sample_ns"
        words = [*command, str(file)] if last == "painted_ns" else command
        os.environ[VARIABLE] = str(file)
        began_ns = time.monotonic_ns()
        try:
            with system.running(words):
                times = _read(file, last)
        finally:
            del os.environ[VARIABLE]
    return {name.removesuffix("_ns"): (value - began_ns) / 1e6 for name, value in times.items()}


def _read(file: Path, last: str) -> dict[str, int]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            times: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
            if last in times:
                return times
        time.sleep(0.02)
    raise RuntimeError(f"no window was painted within {PATIENCE_S:g} s")


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=system.environment(), stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE_S)
    return time.perf_counter() - began


def _first_line(command: Sequence[str]) -> float:
    """Seconds from exec to the program's first line."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=system.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = time.perf_counter() - began
        process.stdout.read()
    return found


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def _deb_megabytes(folder: Path) -> float:
    """The size of a package with nothing in it but this folder."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        root, target = Path(name, "root"), Path(name, "one.deb")
        shutil.copytree(folder, root / "usr" / "lib" / folder.name, symlinks=True)
        (root / "DEBIAN").mkdir()
        control = "Package: size\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: size\n"
        (root / "DEBIAN" / "control").write_text(control, encoding="utf-8")
        subprocess.run(["dpkg-deb", "-Zxz", "--build", root, target], stdout=subprocess.DEVNULL, check=True)
        return target.stat().st_size / 1e6


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default: all)")
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="how often each is started")
    parser.add_argument("--packaged", action="store_true", help="the packaged app too, built if it is not in dist/")
    add_json_option(parser)
    return parser.parse_args(arguments)
