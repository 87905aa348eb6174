"""An environment of its own with the project's packages and the stranger's wheel; nothing is fetched."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.parts.served import ROOT

SOURCE = Path(__file__).parent / "warifu-codesheet"
LDAP = SOURCE / "warifu_codesheet" / "ldap"


@dataclass(frozen=True, slots=True)
class Environment:
    """`folder` is a virtual environment that sees what the tests' own has installed, and what is added to it."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Environment":
        """Make one without anything added."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        environment = cls(folder)
        ours = sysconfig.get_paths()["purelib"]
        (environment.packages / "project.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
        command = folder / "bin" / "warifu"
        command.write_text(f'#!/bin/sh\nexec "{environment.python}" -m idp.cli "$@"\n')
        command.chmod(0o755)
        return environment

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def packages(self) -> Path:
        """Where packages are installed."""
        return next(self.folder.glob("lib/python*/site-packages"))

    def install(self, source: Path) -> Path:
        """Build the wheel of a package and install it; gives the wheel."""
        copy = self.folder / "build" / source.name
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        wheels = self.folder / "wheels" / source.name
        offline = ["--no-deps", "--no-index", "--disable-pip-version-check", "-q"]
        self.run(sys.executable, "-m", "pip", "wheel", *offline, "--no-build-isolation", "-w", str(wheels), str(copy))
        (wheel,) = wheels.glob("*.whl")
        self.run(sys.executable, "-m", "pip", "--python", self.python, "install", *offline, str(wheel))
        return wheel

    def warifu(self, conf: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the command."""
        return self.run(self.python, "-m", "idp.cli", "--conf", str(conf), *arguments, check=False)

    def run(self, *command: str, check: bool = True, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run something in this environment, from the root of the project, and fail with its words."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        given = {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **variables}
        done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done
