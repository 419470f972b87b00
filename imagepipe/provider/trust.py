"""Which addresses that came in a reply may be asked with credentials. Pure text, no resolving.

The origin of the base URL is home; the further hosts of a spec count over https alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from imagepipe.model import Fault, FaultKind, Ticket
from imagepipe.price import Glob
from imagepipe.provider.results import is_address
from imagepipe.provider.spec import Call, Spec
from imagepipe.provider.tree import Slot
from imagepipe.wire import Operation, Reply


def trusts(base_url: str, hosts: Iterable[Glob], url: str) -> bool:
    """Whether `url` is at home, or on one of `hosts`."""
    if url.startswith(f"{base_url.rstrip('/')}/") and _origin(base_url) is not None:
        return True  # beneath the base URL, whose host has ended before that
    there = _origin(url)
    if there is None:
        return False
    if there == _origin(base_url):
        return True
    scheme, host, port = there
    return (scheme, port) == ("https", 443) and any(glob.matches(host) for glob in hosts)


def kept_address(call: Call) -> str | None:
    """The kept field that is the whole address of a call; None if it has a path of its own."""
    match call.path.parts:
        case (Slot(name),):
            return name.removeprefix("ticket.")
        case _:
            return None


def stranger(
    spec: Spec, base_url: str, ticket: Ticket, operation: Operation, reply: Reply
) -> Fault | None:
    """A fault if a reply sends us, and with us the key, to a host that nobody vouched for."""
    for call in (spec.poll, spec.result):
        name = kept_address(call) if call is not None else None
        url = ticket.kept.get(name) if name is not None else None
        if url is not None and not trusts(base_url, spec.hosts, url):
            host = urlsplit(url).hostname if is_address(url) else None
            message = f"{spec.name} sent an address on a foreign host ({host}) as its {name}"
            kind = FaultKind.UNCERTAIN if operation is Operation.SUBMIT else FaultKind.GARBLED
            advice = "if the host is the vendor's, it belongs into `hosts` of the spec"
            return Fault(kind, message, http=reply.status, accepted=True, advice=advice)
    return None


@lru_cache(maxsize=256)
def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address without user and password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80)
