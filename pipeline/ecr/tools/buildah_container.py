"""Buildah as an engine: runs an image where no Docker Engine is, kept apart by ``chroot``.

The program gets its own root directory, process numbers and, unless it may use the network, a
network with nothing but itself in it. Limits on memory and CPU need a daemon or a runtime that owns
the machine's control groups; they are not applied, and the outcome says so. It is no cage for code
that means harm: whoever runs as root here should trust the image, or use Docker.

The storage is one of its own, so that a long test does not hold up a build.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import IO, TYPE_CHECKING

from ecr.errors import ToolError, ToolFailedError, ToolMissingError
from ecr.tools.buildah import INSTALL_HINT, find_version
from ecr.tools.containers import LeftFile, RunOutcome
from ecr.tools.oci_layout import MANIFEST, Descriptor, OciLayout
from ecr.tools.process import run_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecr.tools.containers import Exchange, Output, RunRequest

_QUICK_S = 120.0
_LOAD_S = 1800.0
_STOP_S = 30.0
_NAME = "image"
_CHUNK_BYTES = 1 << 16
_SHOWN_LINES = 15
_NOT_LIMITED = "buildah's chroot isolation does not limit it; Docker does"
_ISOLATE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
_ISOLATE_NETWORK = "--net"
_FOLLOW = ("setpriv", "--pdeathsig", "KILL", "--")
"""Ends the run when we are killed ourselves."""

_CLOSING_BYTES = 4096
_CLOSING = re.compile(
    rb"(?:process failed to start with error: (?P<start>[^\n]*?)"
    rb"process exited with error: exec: not started)?"
    rb"(?:subprocess exited (?:with status \d+|on (?P<signal>[^\n]+))\n)+"
    rb"(?:Error: [^\n]*exit status \d+\n)?\Z"
)
"""What Buildah adds to the errors of a program that failed."""


class BuildahEngine:
    """Buildah, with a storage for tests."""

    def __init__(self, storage: Path) -> None:
        self._storage = storage
        self._version = find_version()

    @property
    def description(self) -> str:
        """Program, version and isolation, such as ``buildah 1.28.2 (chroot)``."""
        return f"{self._version} (chroot)"

    def close(self) -> None:
        """Do nothing: there is no daemon."""

    @contextmanager
    def load(
        self, layout: OciLayout, digest: str, platform: str, key: str
    ) -> Iterator[_BuildahImage]:
        """Take an image from an OCI layout, and forget it in the end; see ``Engine.load``."""
        self._storage.mkdir(parents=True, exist_ok=True)
        work = self._storage / "work" / key
        storage = self._storage / platform.replace("/", "-")
        command = (
            "buildah", "--root", str(storage / "data"), "--runroot", str(storage / "run"),
        )  # fmt: skip
        container = f"ecr-test-{key}"
        _clear(work)
        work.mkdir(parents=True)
        run_program(
            [*command, "rm", container], timeout_s=_QUICK_S, accept=(0, 1, 125), hint=INSTALL_HINT
        )
        image = _pull(command, layout, digest, platform, work / "layout")
        try:
            yield _BuildahImage(command, image, layout.read_json(digest), layout, work, container)
        finally:
            # Another run may be using it; the last one removes it.
            run_program([*command, "rmi", image], timeout_s=_QUICK_S, accept=(0, 1, 2, 125))
            _clear(work)


class _BuildahImage:
    """An image in the storage."""

    def __init__(
        self,
        command: tuple[str, ...],
        image: str,
        manifest: Mapping[str, Mapping[str, str]],
        layout: OciLayout,
        work: Path,
        container: str,
    ) -> None:
        self._command = command
        self._image = image
        self._start = layout.read_json(manifest["config"]["digest"]).get("config") or {}
        self._work = work
        self._container = container

    def run(self, request: RunRequest, output: Output) -> RunOutcome:
        """Run it once; see ``LoadedImage.run``."""
        entrypoint = self._start.get("Entrypoint") or []
        argv = [*entrypoint, *(request.arguments or self._start.get("Cmd") or ())]
        if not argv:
            return RunOutcome(
                None, False, False, 0.0, start_error="the image names no program to run"
            )
        exchange = self._make_exchange(request.exchange)
        run_program(
            [*self._command, "from", "--name", self._container, self._image], timeout_s=_QUICK_S
        )
        try:
            isolation, not_applied = _choose_isolation(request)
            command = [*isolation, *self._command, *_describe_run(request, exchange)]
            outcome = _run([*command, "--", self._container, *argv], request.timeout_s, output)
        finally:
            run_program([*self._command, "rm", self._container], timeout_s=_QUICK_S)
        _own(exchange)
        files, complete = _collect(exchange, request.exchange)
        return replace(outcome, files=files, complete=complete, not_applied=not_applied)

    def _make_exchange(self, exchange: Exchange) -> Path:
        directory = self._work / "exchange"
        _clear(directory)
        for path in (directory, *(directory / name for name in exchange.directories)):
            path.mkdir()
            path.chmod(0o777)
        for name, content in exchange.given.items():
            (directory / name).write_bytes(content)
            (directory / name).chmod(0o644)
        return directory


def _describe_run(request: RunRequest, exchange: Path) -> list[str]:
    argv = ["run", "--isolation", "chroot"]
    for name, value in sorted(request.environment.items()):
        argv += ["--env", f"{name}={value}"]
    argv += ["--volume", f"{exchange}:{request.exchange.path}:rw"]
    for path, file in sorted(request.mounts.items()):
        argv += ["--volume", f"{file}:{path}:ro"]
    return argv


def _choose_isolation(request: RunRequest) -> tuple[list[str], dict[str, str]]:
    """Return what to put before the command, and what of the request is not applied."""
    not_applied = {"cpu": _NOT_LIMITED, "memory": _NOT_LIMITED}
    if request.cpu_millicores is None:
        del not_applied["cpu"]
    rootless = ["buildah", "unshare", "--"] if os.geteuid() else []
    own = [*_ISOLATE, _ISOLATE_NETWORK, "--", sys.executable, "-m", "ecr.tools.loopback"]
    plain = [*_ISOLATE, "--"]
    wanted = plain if request.network else own
    try:
        run_program([*_FOLLOW, *rootless, *wanted, "true"], timeout_s=_QUICK_S)
    except ToolError as error:
        reason = str(error).partition("\n")[0][:150]
        not_applied["processes"] = f"no process numbers of its own: {reason}"
        if not request.network:
            not_applied["network"] = f"no network of its own: {reason}"
        return [*rootless], not_applied
    return [*_FOLLOW, *rootless, *wanted], not_applied


def _run(argv: list[str], timeout_s: float, output: Output) -> RunOutcome:
    """Run a command to its end or to the time limit, then make of Buildah's words what they say."""
    started = monotonic()
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise ToolMissingError(
            f"'{argv[0]}' is not installed", hint="it is part of util-linux"
        ) from error
    # Buildah passes both on each by itself, so that its last words are last only among errors.
    turn = Lock()

    def take(part: bytes) -> None:
        with turn:
            output(part)

    tail = _Tail(take)
    readers = [
        Thread(target=_read, args=(process.stdout, take), daemon=True),
        Thread(target=_read, args=(process.stderr, tail.add), daemon=True),
    ]
    for reader in readers:
        reader.start()
    timed_out = False
    try:
        status = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        timed_out = True
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    seconds = monotonic() - started
    for reader in readers:
        reader.join(_STOP_S)
    closing = tail.close()
    if timed_out or (closing is not None and closing.start_error is not None):
        reason = None if closing is None else closing.start_error
        return RunOutcome(None, timed_out, False, seconds, start_error=reason)
    if closing is None and status != 0:
        # Otherwise a fault of this machine would count as one of the program.
        raise ToolFailedError(
            f"buildah could not run the image: exit status {status}{tail.show()}",
            hint="can it build here? Without root it needs ranges in /etc/subuid and /etc/subgid",
        )
    if closing is not None and closing.signal is not None:
        status = 128 + closing.signal
    return RunOutcome(status, False, False, seconds)


def _read(stream: IO[bytes], output: Output) -> None:
    while part := os.read(stream.fileno(), _CHUNK_BYTES):
        output(part)
    stream.close()


@dataclass(frozen=True, slots=True)
class _Closing:
    """What Buildah says after a program that failed.

    Attributes:
        signal: Signal that ended it.
        start_error: Why it did not start.
    """

    signal: int | None
    start_error: str | None


class _Tail:
    """Passes errors on, but keeps the end back: only there it shows what Buildah added."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._kept = b""

    def add(self, part: bytes) -> None:
        self._kept += part
        if len(self._kept) > 2 * _CLOSING_BYTES:
            self._output(self._kept[:-_CLOSING_BYTES])
            self._kept = self._kept[-_CLOSING_BYTES:]

    def close(self) -> _Closing | None:
        """Pass on the rest, and return what Buildah added: nothing where the program succeeded."""
        found = _CLOSING.search(self._kept)
        if found is None:
            self._output(self._kept)
            return None
        self._kept = self._kept[: found.start()]
        self._output(self._kept)
        start_error = found["start"]
        return _Closing(
            _find_signal(found["signal"]),
            None if start_error is None else start_error.decode("utf-8", "replace").strip(),
        )

    def show(self) -> str:
        """Return the last lines, for a message."""
        lines = self._kept.decode("utf-8", "replace").strip().splitlines()
        return "".join(f"\n    {line}" for line in lines[-_SHOWN_LINES:])


def _find_signal(name: bytes | None) -> int | None:
    """Return the number of a signal from its description, as the C library has it."""
    if name is None:
        return None
    described = name.decode("utf-8", "replace").partition(" (core dumped)")[0].strip().lower()
    numbers = {(signal.strsignal(one) or "").lower(): int(one) for one in signal.Signals}
    return numbers.get(described)


def _pull(
    command: tuple[str, ...], layout: OciLayout, digest: str, platform: str, scratch: Path
) -> str:
    """Take an image into the storage; return its id there."""
    manifest = layout.read_json(digest)
    layers = [layer["digest"] for layer in manifest["layers"]]
    # Buildah asks for images by name, and the names in the layout may move meanwhile.
    own = OciLayout(scratch).create()
    own.take(layout, [*layers, manifest["config"]["digest"], digest])
    size = layout.path(digest).stat().st_size
    own.set_names({_NAME: Descriptor(MANIFEST, digest, size)})
    system, architecture, *variant = platform.split("/")
    argv = [*command, "pull", "--quiet", "--os", system, "--arch", architecture]
    if variant:
        argv += ["--variant", variant[0]]
    # Buildah makes a local name of the path, and most paths make none that is valid.
    outcome = run_program(
        [*argv, f"oci:{scratch.name}:{_NAME}"],
        cwd=scratch.parent,
        timeout_s=_LOAD_S,
        hint=INSTALL_HINT,
    )
    return outcome.text.split()[-1]


def _collect(directory: Path, exchange: Exchange) -> tuple[tuple[LeftFile, ...], bool]:
    """List the files in the exchange. A container may have put anything there."""
    files: list[LeftFile] = []
    for top, directories, names in os.walk(directory):
        directories.sort()
        for name in sorted(names):
            file = Path(top, name)
            if not stat.S_ISREG(file.lstat().st_mode):
                continue
            if len(files) == exchange.most_files:
                return tuple(files), False
            path = os.fsencode(file.relative_to(directory)).decode("utf-8", "replace")
            files.append(_look_at(file, path, exchange.keep(path)))
    return tuple(files), True


def _look_at(file: Path, path: str, wanted: int) -> LeftFile:
    content = b""
    if wanted:
        with file.open("rb") as stream:
            content = stream.read(wanted)
    return LeftFile(path, file.lstat().st_size, content)


def _own(directory: Path) -> None:
    """Make files that belong to users of the container ours, where we are not root."""
    if os.geteuid():
        argv = ["chown", "--recursive", "--no-dereference", "0:0", str(directory)]
        run_program(["buildah", "unshare", "--", *argv], timeout_s=_QUICK_S)


def _clear(directory: Path) -> None:
    if directory.exists():
        _own(directory)
        shutil.rmtree(directory, ignore_errors=True)
