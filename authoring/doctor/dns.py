"""What stands in the DNS, as far as it can be asked from here."""

import os
from collections.abc import Callable

Texts = Callable[[str], list[str] | None]
"""The TXT records of a name; None where nobody could be asked."""

_PATIENCE_S = 3.0


def texts(name: str) -> list[str] | None:
    """The TXT records of a name, [] where there are none, None where nobody could be asked."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        return None  # an emulator's domains stand in no DNS
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_PATIENCE_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        return None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
