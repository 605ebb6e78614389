"""What a program finds on a Waggle node: variables, directories, limits.

The variables are those the scheduler gives a plugin (edge-scheduler, ``CreateJob``). None of the
services they name is there in a test. With ``PYWAGGLE_LOG_DIR`` set, pywaggle writes what it would
have sent into a file, and that file is what a test looks at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.tools.containers import Exchange

if TYPE_CHECKING:
    from ecr.model.release import Needs

_TOP = "/run/waggle"
_DATA_CONFIG = "data-config.json"
_LOG = "log"
UPLOADS = "uploads"
MESSAGES = f"{_LOG}/data.ndjson"
LOGGED_UPLOADS = f"{_LOG}/uploads"

ENVIRONMENT = {
    "WAGGLE_PLUGIN_HOST": "wes-rabbitmq",
    "WAGGLE_PLUGIN_PORT": "5672",
    "WAGGLE_PLUGIN_USERNAME": "plugin",
    "WAGGLE_PLUGIN_PASSWORD": "plugin",
    "WAGGLE_APP_ID": "00000000-0000-4000-8000-000000000000",
    "WAGGLE_PLUGIN_UPLOAD_PATH": f"{_TOP}/{UPLOADS}",
    "WAGGLE_DATA_CONFIG_PATH": f"{_TOP}/{_DATA_CONFIG}",
    "WAGGLE_SCOREBOARD": "wes-scoreboard",
    "REDIS_HOST": "wes-scoreboard.default.svc.cluster.local",
    "ROS_MASTER_URI": "http://wes-roscore.default.svc.cluster.local:11311",
    "PULSE_SERVER": "tcp:wes-audio-server:4713",
    "PYWAGGLE_LOG_DIR": f"{_TOP}/{_LOG}",
}

MOST_MESSAGE_BYTES = 16 << 20
_MOST_META_BYTES = 64 << 10

_DEFAULT_MEMORY_BYTES = 1 << 30
_DEFAULT_CPU_MILLICORES = 500
"""Limit and request of the Waggle Edge Stack for a plugin that names none."""

EMULATOR_MEMORY_BYTES = 256 << 20
"""QEMU keeps what it has translated in memory, as much as a small program itself."""
EMULATION_FACTOR = 5
"""A program under QEMU may take so many times its time limit."""


def make_exchange() -> Exchange:
    """Return the directory a plugin publishes and uploads through.

    The list of cameras and microphones is empty: a test names files as its inputs.
    """
    return Exchange(
        path=_TOP,
        given={_DATA_CONFIG: b"[]\n"},
        directories=(_LOG, UPLOADS),
        first=MESSAGES,
        keep=_count_wanted,
    )


def find_memory_limit(needs: Needs) -> int:
    """Return the memory a program may use, in bytes."""
    return needs.memory_bytes or _DEFAULT_MEMORY_BYTES


def find_cpu_limit(needs: Needs) -> int:
    """Return the CPU a program may use, in millicores."""
    return needs.cpu_millicores or _DEFAULT_CPU_MILLICORES


def _count_wanted(path: str) -> int:
    if path == MESSAGES:
        return MOST_MESSAGE_BYTES
    top, _, rest = path.partition("/")
    return _MOST_META_BYTES if top == UPLOADS and rest.endswith("/meta") else 0
