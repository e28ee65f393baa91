"""The rules of ARCHITECTURE.md that import-linter cannot see."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import rocketgui

PACKAGE = Path(rocketgui.__file__).parent
TOP = PACKAGE.parent
#: What rides along with or starts observed programs.
BESIDE_OBSERVED = ("agent", "supervisor", "system", "../resources/programs/rocket")
#: The standard library, the agent by the name that it has in observed processes, and the user's own sitecustomize.
ALLOWED = {*sys.stdlib_module_names, "_rocketgui_agent", "sitecustomize"}
#: The last line of the docstring of a module that has no test file of its own.
TESTED_BY = re.compile(r"^Tested by (tests/[\w/]+\.py)\.\Z", re.MULTILINE)


def sources(*parts: str) -> list[Path]:
    """The source files of these modules and packages of rocketgui."""
    found = []
    for part in parts:
        path = PACKAGE / part
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    assert found
    return found


def imported(path: Path) -> set[str]:
    """The names of the modules that a source file imports at any place; relative imports are rocketgui's."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("rocketgui.agent" if node.level else node.module or "")
    return names


def beside_observed(module: str) -> bool:
    return module.startswith(tuple(f"rocketgui.{part}" for part in BESIDE_OBSERVED))


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.fixture
def qt_detector(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH in which Qt's packages leave a mark when any process imports them, and then fail."""
    for name in ("PySide6", "shiboken6", "pyqtgraph"):
        package = tmp_path / "detector" / name
        package.mkdir(parents=True)
        mark = repr(str(tmp_path / "detector" / f"{name}.imported"))
        package.joinpath("__init__.py").write_text(f"open({mark}, 'w').close()\nraise ImportError({name!r})\n")
    return tmp_path / "detector"


def launch(detector: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(detector), str(TOP)])}
    return subprocess.run(
        [sys.executable, "-m", "rocketgui", *args],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip


def test_version_imports_no_qt(qt_detector: Path) -> None:
    done = launch(qt_detector, "--version")
    assert rocketgui.__version__ in done.stdout
    assert done.returncode == 0, done.stderr
    assert not list(qt_detector.glob("*.imported"))


def test_headless_run_imports_no_qt_in_any_process(qt_detector: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = launch(qt_detector, "--headless", "--workers", "1", "--limit", "10000", "--report", str(report))
    assert done.returncode == 0, done.stderr
    assert json.loads(report.read_text(encoding="utf-8"))["ended"] == "finished"
    assert not list(qt_detector.glob("*.imported"))


def test_self_test_imports_no_qt_in_any_process(qt_detector: Path) -> None:
    done = launch(qt_detector, "--self-test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(qt_detector.glob("*.imported"))


def test_version_imports_little() -> None:
    """`--version` loads nothing that only a run needs."""
    script = (
        "import sys; from rocketgui.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--version"], capture_output=True, text=True, timeout=50, check=True, cwd=TOP
    )
    assert not {"numpy", "psutil", "multiprocessing", "PySide6", "pyqtgraph"} & set(done.stderr.split())


def test_agent_imports_little() -> None:
    """Every process of a program pays for it at its start."""
    script = (
        "import sys; package = type(sys)('agent'); package.__path__ = [sys.argv[1]]; sys.modules['agent'] = package\n"
        "import agent.agent; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(TOP / "rocketgui" / "agent")],
        capture_output=True, text=True, timeout=50, check=True,
    )  # fmt: skip
    heavy = {"collections", "contextlib", "ctypes", "functools", "json", "re", "threading", "typing", "weakref"}
    assert not heavy & set(done.stdout.split())


def test_qt_keeps_references_to_none_and_true() -> None:
    """PySide6 6.12.0 loses one per call on CPython 3.11, until the interpreter aborts; see pyproject.toml."""
    from PySide6.QtCore import QObject, Signal

    class Emitter(QObject):
        fired = Signal()

    emitter = Emitter()
    emitter.setObjectName("warm up")
    emitter.fired.emit()
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(100):
        emitter.setObjectName("name")
        emitter.fired.emit()
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert [abs(a - b) < 20 for a, b in zip(after, before, strict=True)] == [True, True], (before, after)


@pytest.mark.parametrize("path", sources("agent"), ids=name_of)
def test_agent_is_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("path", sources(*BESIDE_OBSERVED), ids=name_of)
def test_beside_observed_programs_only_the_standard_library(path: Path) -> None:
    foreign = {name for name in imported(path) if name.partition(".")[0] not in ALLOWED and not beside_observed(name)}
    assert not foreign


def test_package_itself_imports_nothing() -> None:
    assert not imported(PACKAGE / "__init__.py")


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def own_test(module: Path) -> Path:
    """Where the test file of a module stands if it has one: tests mirror the package."""
    return Path(__file__).parent / module.relative_to(PACKAGE).with_name(f"test_{module.name}")


def named_test(module: Path) -> Path | None:
    """The test file that the docstring of a module names."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    named = TESTED_BY.search(docstring)
    return Path(__file__).parent.parent / named[1] if named else None


def speaks_of(test: Path, module: Path) -> bool:
    """Whether a test file imports a module, or names it: in a program that it runs, or in its docstring."""
    dotted = ".".join(module.relative_to(TOP).with_suffix("").parts)
    text = test.read_text(encoding="utf-8")
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return dotted in names or re.search(rf"\b{re.escape(dotted)}\b", text) is not None


def test_every_module_has_a_test_file_or_names_one() -> None:
    assert [name_of(path) for path in MODULES if not own_test(path).exists() and named_test(path) is None] == []


def test_a_module_names_a_test_file_only_where_it_has_none_of_its_own() -> None:
    assert [name_of(path) for path in MODULES if own_test(path).exists() and named_test(path) is not None] == []


def test_files_that_modules_name_are_there_and_speak_of_them() -> None:
    named = [(path, test) for path in MODULES if (test := named_test(path)) is not None]
    assert len(named) > 1
    assert [name_of(path) for path, test in named if not test.exists()] == []
    assert [name_of(path) for path, test in named if not speaks_of(test, path)] == []


@pytest.mark.slow
@pytest.mark.skipif(not (TOP / "pyproject.toml").exists(), reason="not a checkout")
def test_wheel_holds_everything(tmp_path: Path) -> None:
    """Agent, programs and resources are in the wheel just as they are in the checkout."""
    copy = tmp_path / "checkout"
    wanted = set()
    for folder, as_ in (("rocketgui", "rocketgui"), ("resources", "rocketgui/_resources")):
        for path in sorted((TOP / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = path.relative_to(TOP / folder).as_posix()
                target = copy / folder / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
                wanted.add(f"{as_}/{inside}")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        copy.joinpath(name).write_bytes((TOP / name).read_bytes())
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(tmp_path)!r})"
    subprocess.run(
        [sys.executable, "-c", build], cwd=copy, stdin=subprocess.DEVNULL, capture_output=True, timeout=50, check=True
    )
    [wheel] = tmp_path.glob("rocketgui-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == wanted
