"""Switches the loopback interface on, then becomes another program.

    python -m ecr.tools.loopback PROGRAM [ARGUMENT...]

A network of one's own starts with everything off, and many programs talk to themselves through
127.0.0.1. Run inside such a network, as ``ecr.tools.buildah_container`` does.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

_SET_FLAGS = 0x8914
_REQUEST = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
"""``struct ifreq`` with the flags "up" and "running" (netdevice(7))."""


def main(argv: list[str]) -> None:
    """Do both."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        fcntl.ioctl(anything, _SET_FLAGS, _REQUEST)
    os.execvp(argv[0], argv)  # noqa: S606 - that is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
