"""Printers at a TCP port, mostly 9100: what is sent is printed.

A printer says nothing back. That it has taken all bytes is known when it closes the connection, or
when its side of TCP has confirmed them: a successful `sendall` only means that they are in a buffer
of this computer.
"""

import fcntl
import ipaddress
import socket
import struct
import time
from typing import Final

from api.printing.gateways import NotTaken, Sheet, Surroundings, Target

DEFAULT_PORT: Final = 9100
CONNECT_SECONDS: Final = 3.0
SEND_SECONDS: Final = 20.0
"""Without a byte taken for so long, the printer is out of paper or off."""
CONFIRM_SECONDS: Final = 10.0
_CHUNK: Final = 16_384
_UNCONFIRMED: Final = 0x5411
"""The ioctl SIOCOUTQ of Linux: bytes that the other side has not confirmed."""


def split(address: str) -> tuple[str, int]:
    """Return host and port of `host`, `host:port`, `[address]` or `[address]:port`.

    Raises ValueError for anything else.
    """
    if address.startswith("["):
        host, end, rest = address[1:].partition("]")
        if not end or (rest and not rest.startswith(":")):
            raise ValueError("what stands behind ] is no port")
        port = rest[1:]
        ipaddress.IPv6Address(host)
    else:
        host, _, port = address.partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError("the port is no number below 65536")
    if not host or len(host) > 253 or not all(c.isalnum() or c in "-.:_%" for c in host):
        raise ValueError("this is no name of a host")
    return host, int(port) if port else DEFAULT_PORT


class RawGateway:
    """Sends bytes to a TCP port."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._ports = surroundings.ports

    def send(self, target: Target, sheet: Sheet) -> None:
        """Send all bytes and wait until the printer has confirmed them. Raises `NotTaken`."""
        host, port = split(target.address)
        if not any(port in ports for ports in self._ports):
            raise NotTaken(f"port {port} is not in PRINTER_PORTS")
        try:
            with socket.create_connection((host, port), CONNECT_SECONDS) as connection:
                _refuse_link_local(connection)
                connection.settimeout(SEND_SECONDS)
                for _ in range(sheet.copies):
                    for start in range(0, len(sheet.content), _CHUNK):
                        connection.sendall(sheet.content[start : start + _CHUNK])
                connection.shutdown(socket.SHUT_WR)
                _wait_until_confirmed(connection)
        except TimeoutError as late:
            raise NotTaken(f"{host} does not answer at port {port}") from late
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise NotTaken(f"{host}, port {port}: {reason}") from error


def _refuse_link_local(connection: socket.socket) -> None:
    """Refuse an address at which clouds hand out their secrets, whatever its name was."""
    if ipaddress.ip_address(connection.getpeername()[0].partition("%")[0]).is_link_local:
        raise NotTaken("an address that starts with 169.254 or fe80 is no printer's")


def _wait_until_confirmed(connection: socket.socket) -> None:
    deadline = time.monotonic() + CONFIRM_SECONDS
    connection.settimeout(0.05)
    while time.monotonic() < deadline:
        try:
            if not connection.recv(1024):
                return
        except TimeoutError:
            if _unconfirmed(connection) == 0:
                return
    raise NotTaken("the printer took a part and then stopped: is there paper in it")


def _unconfirmed(connection: socket.socket) -> int:
    """Return how many bytes are not confirmed; 1 where the system does not tell."""
    try:
        answer = fcntl.ioctl(connection.fileno(), _UNCONFIRMED, struct.pack("i", 0))
    except OSError:
        return 1
    waiting: int = struct.unpack("i", answer)[0]
    return waiting
