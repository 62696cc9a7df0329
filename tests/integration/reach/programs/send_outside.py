"""Sends to addresses without looking a name up, in four ways, and says how each went."""

import contextlib
import socket

for family, address in (
    (socket.AF_INET, "93.184.216.34"),
    (socket.AF_INET6, "2001:db8::7"),
):
    with socket.socket(family, socket.SOCK_STREAM) as opened:
        print(opened.connect_ex((address, 8443)) if family else "")
    with socket.socket(family, socket.SOCK_DGRAM) as opened, contextlib.suppress(OSError):
        opened.sendto(b"x", (address, 5353))
