"""Adds resources/ to what is built, as rocketgui/_resources; everything else stands in pyproject.toml.

A package-dir mapping in pyproject.toml could do it too, but would turn editable installs into an import hook that every
interpreter of the environment, observed programs among them, pays for at start-up.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

RESOURCES = Path("resources")


class BuildWithResources(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "rocketgui", "_resources")
            shutil.copytree(RESOURCES, target, dirs_exist_ok=True)

    def get_source_files(self) -> list[str]:
        """What a source distribution has to hold."""
        return [*super().get_source_files(), *(str(path) for path in sorted(RESOURCES.rglob("*")) if path.is_file())]


setup(cmdclass={"build_py": BuildWithResources})
