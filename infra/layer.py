"""The dependency layer, built from the lock file without Docker. `python -m infra.layer` builds it ahead of synth."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from infra import bytecode, staging
from infra.paths import BUILD, RUNTIME_LOCK

LAMBDA_PLATFORM = "manylinux2014_aarch64"
SERVICES = frozenset(
    {"cloudwatch", "dynamodb", "s3", "sqs", "sns", "sesv2", "stepfunctions", "events", "lambda", "ssm", "sts"}
)
"""The botocore service models that the functions may use; the others are left out."""

LOCALE_DATA = frozenset(
    {
        "date_formats",
        "decimal_formats",
        "months",
        "number_symbols",
        "numbering_systems",
        "default_numbering_system",
        "eras",
        "time_formats",
        "day_periods",
        "currency_formats",
        "currency_symbols",
    }
)
"""What is kept of each language."""
PHONE_DATA = ("geodata", "carrierdata", "tzdata")
"""What reading a telephone number doesn't need: places, carriers, time zones; nor does it short numbers."""

_ENDPOINT_PREFIXES = {"cloudwatch": "monitoring", "sesv2": "email", "stepfunctions": "states"}


class LayerUnavailable(RuntimeError):
    """The layer isn't built yet and its packages can't be fetched now."""


def lambda_layer(build: Path) -> Path:
    """The folder of the layer for Lambda, built under `build` unless it stands there already. Raises LayerUnavailable.

    Where no compiler for Lambda's Python can be had, the layer is not precompiled; that is said on standard error.
    """
    return _cached(build, "layer", LAMBDA_PLATFORM)


def host_layer(build: Path) -> Path:
    """The same packages, trimmed alike, for this machine's Python: what the functions import, and nothing else."""
    return _cached(build, "host-layer", None)


def _cached(build: Path, name: str, platform: str | None) -> Path:
    home = build / name
    lock = RUNTIME_LOCK.read_bytes() + Path(__file__).read_bytes()
    key = hashlib.sha256(lock + sys.version.encode() * (platform is None)).hexdigest()[:16]
    if (home / key).is_dir():
        return home / key
    with staging.fresh(home) as tree:
        build_layer(tree / "python", platform=platform)
        compiled = platform is None or staging.compiled(tree, build)
        return staging.keep(tree, home / (key if compiled else f"{key}{staging.UNCOMPILED}"))


def build_layer(target: Path, *, platform: str | None) -> None:
    """Install the locked packages into `target` and trim them.

    `platform` is a pip platform tag for Lambda's Python; None means this machine and this
    Python, compiled as well (to measure what the trimmed packages cost to import).
    Raises LayerUnavailable where pip can't fetch them.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--target", str(target), "-r", str(RUNTIME_LOCK)]
    if platform is not None:
        command += ["--platform", platform, "--python-version", bytecode.VERSION, "--implementation", "cp"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise LayerUnavailable(
            "The dependency layer is not built yet and pip could not fetch it. Run `python -m infra.layer` once "
            f"with a network; synth needs none after that.\n{answer.stderr.strip()[-2000:]}"
        )
    trim(target)
    if platform is None:
        bytecode.compile_with(sys.executable, target)


def trim(target: Path) -> None:
    """Drop what no function uses: other services' models, their older versions, examples, scripts; of
    languages and countries all but how numbers, days and telephone numbers are written."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    for name in PHONE_DATA:
        shutil.rmtree(target / "phonenumbers" / name, ignore_errors=True)
    for region in (target / "phonenumbers" / "shortdata").glob("region_*.py"):
        region.unlink()
    if (target / "babel").is_dir():
        _trim_locales(target)
    data = target / "botocore" / "data"
    for folder in data.iterdir():
        if not folder.is_dir():
            continue
        if folder.name not in SERVICES:
            shutil.rmtree(folder)
            continue
        *older, newest = sorted(folder.iterdir())
        for version in older:
            shutil.rmtree(version)
        for example in newest.glob("examples-*"):
            example.unlink()
    _trim_endpoints(data / "endpoints.json")


def _trim_locales(target: Path) -> None:
    """Of each language keep what `functions.texts` reads: all of them stay, in a hundredth of the room."""
    # By the very babel that wrote them, in a process of its own: this one may have another.
    run = subprocess.run(
        [sys.executable, "-I", "-c", _TRIM_LOCALES, str(target), *sorted(LOCALE_DATA)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise LayerUnavailable(f"The locales of the dependency layer can't be trimmed.\n{run.stderr.strip()[-2000:]}")


_TRIM_LOCALES = """
import pathlib, pickle, sys
target, *kept = sys.argv[1:]
sys.path.insert(0, target)
for file in pathlib.Path(target, "babel", "locale-data").glob("*.dat"):
    data = pickle.loads(file.read_bytes())
    file.write_bytes(pickle.dumps({key: data[key] for key in kept if key in data}, 2))
"""


def _trim_endpoints(file: Path) -> None:
    """Keep every partition and region, but only the services whose models are here."""
    kept = {_ENDPOINT_PREFIXES.get(service, service) for service in SERVICES}
    content = json.loads(file.read_text())
    for partition in content["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in kept}
    file.write_text(json.dumps(content, separators=(",", ":")))


if __name__ == "__main__":
    print(lambda_layer(BUILD))
