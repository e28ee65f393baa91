"""What a packaged window leaves out, with the reason beside each group. Used by build.spec, and by the empty window
that rocketgui's size and start-up are compared with, so that both are packaged the same way."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

#: A table of contents of PyInstaller: name in the package, path on this machine, kind.
Entry = tuple[str, str, str]

#: Modules that are imported by name and that PyInstaller does not find: pyqtgraph takes these of Qt.
HIDDEN_MODULES = ["PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets", "PySide6.QtSvg"]

#: Modules that PyInstaller would find and that nothing here imports at run time.
EXCLUDED_MODULES = [
    # Another toolkit, and what draws with it
    "tkinter", "_tkinter", "turtle", "idlelib", "matplotlib",
    # Other bindings of Qt that pyqtgraph would take, and Qt's modules that no widget needs
    "PyQt5", "PyQt6", "PySide2",
    "PySide6.QtDBus", "PySide6.QtDesigner", "PySide6.QtHelp", "PySide6.QtNetwork",
    "PySide6.QtPrintSupport", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickControls2", "PySide6.QtQuickWidgets",
    "PySide6.QtSql", "PySide6.QtTest", "PySide6.QtUiTools", "PySide6.QtXml",
    # Parts of pyqtgraph and numpy that are imported only on request
    "pyqtgraph.opengl", "pyqtgraph.examples", "pyqtgraph.jupyter", "pyqtgraph.console",
    "OpenGL", "cupy", "numba", "scipy", "h5py", "IPython", "jupyter_rfb",
    "numpy.f2py", "numpy.testing", "numpy.distutils", "numpy._pyinstaller",
    # For development, and for packaging itself
    "PIL", "pytest", "_pytest", "hypothesis", "mypy", "setuptools", "yaml", "pkg_resources", "pip", "wheel",
    "PyInstaller",
    # The standard library's own tests, and what talks to terminals and databases
    "test", "unittest.mock", "lib2to3", "ensurepip", "distutils", "pydoc_data", "sqlite3", "curses", "readline",
]  # fmt: skip

#: Files, by their name in the package, that are found as dependencies of something and are not needed.
EXCLUDED_FILES = [
    # Qt's translations: rocketgui speaks English
    "PySide6/Qt/translations/*", "PySide6/translations/*",
    # Qt libraries of modules left out above, and what only they need
    "*libQt6Qml*", "*libQt6Quick*", "*libQt6Network*", "*libQt6Pdf*", "*libQt6VirtualKeyboard*", "*libQt6Sql*",
    "*libQt6PrintSupport*", "*libQt6Test*", "*libQt6EglF*", "*libQt6Labs*", "*libQt6ShaderTools*",
    # The GTK look, which rocketgui's own themes take the place of, and what it pulls in
    "libgtk-*", "libgdk*", "libcairo*", "libpango*", "libatk*", "libatspi*", "libharfbuzz*", "libthai*", "libdatrie*",
    "libfribidi*", "libepoxy*", "librsvg*", "libpixman*", "libgraphite2*",
]  # fmt: skip

#: Of Qt's plugins, the ones that stay: screens, icons, input methods, and how the window decorates itself.
KEPT_PLUGINS = [
    "platforms/*qxcb*", "platforms/*qwayland*", "platforms/*qoffscreen*", "platforms/*qwindows*", "platforms/*qcocoa*",
    "imageformats/*qsvg*", "imageformats/*qico*", "imageformats/*qjpeg*", "imageformats/*qgif*", "imageformats/*qicns*",
    "iconengines/*qsvgicon*",
    "styles/*",
    "xcbglintegrations/*",
    "platforminputcontexts/*compose*", "platforminputcontexts/*ibus*",
    "wayland-shell-integration/*", "wayland-decoration-client/*", "wayland-graphics-integration-client/*",
]  # fmt: skip


def kept(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that stay in the package."""
    return [entry for entry in entries if _stays(entry[0].replace("\\", "/"))]


def kept_once(entries: Iterable[Entry]) -> list[Entry]:
    """Without modules that come compiled beside their source, without folders of bytecode, and without PyInstaller's
    own part of the standard library: all of it comes (see interpreter.library)."""
    listed = [entry for entry in entries if entry[0] != "base_library.zip" and "__pycache__" not in entry[0]]
    sources = {entry[0] for entry in listed if entry[0].endswith(".py")}
    return [entry for entry in listed if not entry[0].endswith(".pyc") or entry[0][:-1] not in sources]


def _stays(name: str) -> bool:
    if any(fnmatch.fnmatch(name, pattern) for pattern in EXCLUDED_FILES):
        return False
    _, found, plugin = name.partition("/plugins/")
    if not found or "PySide6" not in name:
        return True
    return any(fnmatch.fnmatch(plugin, pattern) for pattern in KEPT_PLUGINS)


def libraries(folder: Path) -> list[Path]:
    """The libraries in a package that can be stripped.

    Not numpy's: those in its wheel were given new names and paths inside, and strip breaks such files ("ELF load
    command address/offset not page-aligned").
    """
    return [
        path
        for path in folder.rglob("*.so*")
        if path.is_file() and not path.is_symlink() and not path.relative_to(folder).parts[0].startswith("numpy")
    ]


def strip(files: Iterable[Path]) -> None:
    """Take the symbols out of ELF files; on other systems, nothing."""
    if sys.platform.startswith("linux"):
        subprocess.run(["strip", "--strip-unneeded", *map(str, files)], check=True)


#: PyInstaller's start-up hooks that nothing here needs: they make inspect and pkgutil find frozen modules' sources and
#: lists, and pyqtgraph.multiprocess start itself. Each process would load what they mend.
EXCLUDED_HOOKS = {"pyi_rth_inspect", "pyi_rth_pkgutil", "pyi_rth_pyqtgraph_multiprocess"}


def kept_hooks(scripts: Iterable[Entry]) -> list[Entry]:
    """The scripts of an analysis without the hooks that are not needed.

    On Linux the one for PySide6 does nothing that the wheel's layout does not do by itself, but it loads Qt in every
    process, the ones without a window too. Elsewhere it stays: untested without.
    """
    excluded = EXCLUDED_HOOKS | ({"pyi_rth_pyside6"} if sys.platform.startswith("linux") else set())
    return [entry for entry in scripts if entry[0] not in excluded]
