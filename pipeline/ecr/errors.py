"""The exception tree. Only these may leave a stage; each class has its own exit code.

Anything else that reaches the command line is a bug and shows its traceback. Only
``ecr.cli`` turns an exception into an exit status.
"""

from __future__ import annotations


class EcrError(Exception):
    """Root of every error a person can act on.

    Attributes:
        exit_code: Process exit status the command line ends with.
        hint: What to do next, or ``None`` when the message says it all.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep the message (what is wrong) apart from the hint (what to do next)."""
        super().__init__(message)
        self.hint = hint


class FindingsError(EcrError):
    """The catalog has findings of severity ``error``; the work that needs a clean one stopped."""

    exit_code = 3


class UsageError(EcrError):
    """The command was called with arguments that cannot work together or name nothing."""

    exit_code = 2


class NotFoundError(UsageError):
    """A bundle, release or file that was asked for is not in the catalog."""

    exit_code = 4


class OutputError(EcrError):
    """An output could not be written; what was there before is untouched."""

    exit_code = 5


class ToolError(EcrError):
    """Something outside this process (a program, a server) did not do its part."""

    exit_code = 10


class ToolMissingError(ToolError):
    """A program that is needed is not installed."""

    exit_code = 11


class ToolFailedError(ToolError):
    """A program ran and failed; the message holds the command and its last lines."""

    exit_code = 12


class ToolTimeoutError(ToolError):
    """A program did not finish within its time limit."""

    exit_code = 13


class IntegrityError(ToolError):
    """What was fetched is not what was announced; nothing of it was used."""

    exit_code = 14


class SourceGoneError(ToolError):
    """What a manifest names is no longer where it says: removed, renamed, rewritten or private."""

    exit_code = 20


class TransferError(ToolError):
    """A host cannot be reached, or stopped half-way; running again continues."""

    exit_code = 21


class StoreError(ToolError):
    """The archive store cannot be used: address, credentials, or what it answers."""

    exit_code = 22


class NoSpaceError(EcrError):
    """The disk is full, or a limit on what may be written is reached; nothing by halves stays."""

    exit_code = 23


class ArchiveError(EcrError):
    """A source is there but cannot be archived, or an archive cannot be unpacked safely."""

    exit_code = 24
