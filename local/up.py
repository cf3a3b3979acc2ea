"""`python -m local.up`: the whole of Samovar on this machine, until Ctrl-C.

PORT (4600) is the first of four ports in a row: API, shop, inbox, AWS; 0 takes free ones.
STATE_DIR (.local) keeps everything between runs. DEMO_TRAFFIC=200 sends that many visitors.
"""

import os
import signal
import sys
import threading

from rich.console import Console
from rich.text import Text

from functions.core.roles import Role
from local import staff, traffic
from local.deploy import DeploymentFailed
from local.emulator import EmulatorFailed
from local.running import PortTaken, UpAlready, stack_up
from local.stack import state_dir
from local.synth import SynthesisFailed

DEFAULT_PORT = "4600"


def main() -> int:
    """Bring the stack up, say where it is, and hold it until a signal; the exit code."""
    told_to_stop = threading.Event()
    console = Console(highlight=False)

    def stop(*_: object) -> None:
        if told_to_stop.is_set():
            raise KeyboardInterrupt
        told_to_stop.set()

    signal.signal(signal.SIGTERM, stop)
    try:
        port, visitors = _number("PORT", DEFAULT_PORT), _number("DEMO_TRAFFIC", "0")
        with stack_up(state_dir(), port, lambda step: console.print(f"[dim]{step} …[/dim]")) as stack:
            signal.signal(signal.SIGINT, stop)
            console.print(f"[bold]shop [/bold]  {stack.site_url}")
            console.print(f"[bold]inbox[/bold]  {stack.inbox_url}")
            console.print(
                f"[bold]desk [/bold]  {stack.api_url}/console   {staff.address(Role.OWNER)}, password {staff.PASSWORD}"
            )
            console.print(f"[bold]API  [/bold]  {stack.api_url}   write key {stack.write_key}")
            console.print(f"[bold]AWS  [/bold]  {stack.aws_endpoint}   described in {stack.description}")
            console.print("ready")
            sys.stdout.flush()
            if visitors:
                traffic.send(stack, visitors, console, told_to_stop)
            told_to_stop.wait()
            console.print("[dim]stopping …[/dim]")
    except KeyboardInterrupt:
        return 130
    except (DeploymentFailed, EmulatorFailed, PortTaken, SynthesisFailed, UpAlready, ValueError) as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        return 1
    return 0


def _number(variable: str, default: str) -> int:
    value = os.environ.get(variable) or default
    if not value.isdigit():
        raise ValueError(f"{variable} is a number, not {value!r}")
    return int(value)


if __name__ == "__main__":
    sys.exit(main())
