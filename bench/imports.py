"""What a cold start costs before it does anything: CPU to import a handler and make its AWS clients.

One process per sample; user and system CPU of the whole child, from wait4. The yardstick is a
process that makes one stock botocore DynamoDB client. Both sides run the same Python with
unchecked-hash bytecode, interleaved; of each the least disturbed run counts.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bench.packages import copy_functions, packages
from bench.report import Say
from infra.paths import FUNCTIONS

ROUNDS = 9
YARDSTICK = "import botocore.session; botocore.session.get_session().create_client('dynamodb')"
CLIENTS = {
    "track": ("dynamodb",),
    "pages": ("dynamodb", "s3"),
    "score": ("dynamodb", "s3"),
    "journey_step": ("dynamodb", "s3", "stepfunctions", "sqs", "events"),
    "send": ("dynamodb", "s3", "sesv2"),
    "sweep": ("dynamodb", "s3"),
    "work": ("dynamodb", "s3", "sqs"),
    "publish": ("dynamodb", "s3"),
}
"""The clients that a handler's first ordinary record makes it create."""


def handlers() -> list[str]:
    """The rooms that have a handler."""
    return sorted(file.parent.name for file in FUNCTIONS.glob("*/handler.py"))


def run(say: Say) -> dict[str, float]:
    """import_cpu_ratio.<handler>, with the trimmed layer as deployed, and import_cpu_ratio_stock.<handler> without."""
    rooms = handlers()
    held = packages()
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder)
        copy_functions(code)
        samples: dict[str, tuple[str, list[Path]]] = {"yardstick": (YARDSTICK, [held.stock])}
        for room in rooms:
            samples[f"import_cpu_ratio.{room}"] = (_cold(room), [held.trimmed, code])
            samples[f"import_cpu_ratio_stock.{room}"] = (_cold(room), [held.stock, code])
        say(f"{len(samples)} programs, {ROUNDS} runs of each, interleaved; CPU of the whole process")
        spent: dict[str, list[float]] = {name: [] for name in samples}
        for number in range(ROUNDS):
            for name, (program, path) in samples.items():
                spent[name].append(cpu_of(program, path))
            say(f"round {number + 1} of {ROUNDS}")
    least = {name: min(values) for name, values in spent.items()}
    yardstick = least.pop("yardstick")
    say(f"yardstick: {yardstick * 1000:.0f} ms")
    for name, value in least.items():
        say(f"{name}: {value * 1000:.0f} ms")
    return {"import_cpu_ms.yardstick": yardstick * 1000} | {name: value / yardstick for name, value in least.items()}


def _cold(room: str) -> str:
    made = "; ".join(f"client({name!r})" for name in CLIENTS[room])
    return f"import functions.{room}.handler; from functions.aws.session import client; {made}"


def cpu_of(program: str, path: list[Path], more: Mapping[str, str] = MappingProxyType({})) -> float:
    """CPU seconds of a Python process that runs `program`, with `more` in its environment, and ends."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "Samovar",
        "LANG": "C.UTF-8",
        **more,
    }
    # Without `site` nothing of the developer's environment is on the path; -B: no cache is written.
    arguments = [sys.executable, "-S", "-s", "-B", "-c", program]
    child = os.posix_spawn(sys.executable, arguments, environment)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"the program failed: {program}")
    return usage.ru_utime + usage.ru_stime
