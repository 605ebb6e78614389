"""How a test fails, and what keeps one from being run."""

from __future__ import annotations

from ecr.errors import EcrError


class TrialFailedError(EcrError):
    """A test did not see what it expects."""

    exit_code = 40


class TrialFailuresError(EcrError):
    """Several tests or releases failed; each was named when it did."""

    exit_code = 41


class NotTestableError(EcrError):
    """A release cannot be tested here: no image, no such test, a sample that is not there."""

    exit_code = 42
