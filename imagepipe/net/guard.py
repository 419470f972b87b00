"""Which addresses a download may reach: resolve once, check all, connect to what was checked.

An address in a reply is a stranger's word. It must not reach this machine or its network, and a
name must not resolve to one address for the check and to another for the connection.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import anyio

_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        # What `is_global` of some Python versions lets through: CVE-2024-4032 and its kin.
        "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "224.0.0.0/4",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "ff00::/8",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blocked:
    """An address that is not fetched, and why; `reason` names the host only."""

    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be fetched: its parts, and the IP to connect to."""

    parts: SplitResult
    ip: str


async def check(url: str, private_hosts: frozenset[str]) -> Target | Blocked:
    """Resolve and check an address.

    Args:
        url: Taken from a reply.
        private_hosts: `host:port` of base URLs that the user set: these may be private, and http.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return Blocked("the picture's address is not valid")
    host = (parts.hostname or "").lower()
    own = f"{host}:{port}" in private_hosts
    if parts.scheme not in ("http", "https") or not host:
        return Blocked(f"the picture's address is no web address ({parts.scheme[:20] or 'none'}:)")
    if parts.scheme == "http" and not own:
        return Blocked(f"the picture's address at {host} is not https")
    try:
        ips = await _resolved(host, port)
    except (OSError, UnicodeError):
        return Blocked(f"{host} cannot be resolved")
    if not own and (bad := next((ip for ip in ips if not _public(ip)), None)) is not None:
        return Blocked(f"{host} is a private address ({bad}): not fetched")
    return Target(parts, ips[0]) if ips else Blocked(f"{host} cannot be resolved")


async def _resolved(host: str, port: int) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:  # a name, or one of the spellings of an address that only the system knows
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [str(entry[4][0]) for entry in found]


def _public(text: str) -> bool:
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not any(ip in net for net in _NEVER if net.version == ip.version)
