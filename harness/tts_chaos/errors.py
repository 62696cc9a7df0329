"""Every exception of this package.

    ChaosError
    ├── UsageError                 the caller or a file is wrong
    │   ├── ConfigError            an option, ini key, environment variable or capability
    │   ├── ScenarioError          a scenario file; carries path and key
    │   ├── ContractError          a contract file; carries path and key
    │   ├── IntegrationFileError   the configuration of an integration; carries path and key
    │   ├── PolicyError            the policy or matrix of the gate; carries path and key
    │   ├── PlanError              settings or evidence of a contingency plan; carries path and key
    │   ├── RecordError            a sealed record of a run; carries path and key
    │   └── FaultNotSupportedError the chosen world has no mechanism for a fault
    ├── ProtocolError              the API's grammar was violated
    ├── InjectionError             a fault could not be armed or lifted
    ├── BackendUnavailableError    a server, port or optional package is missing
    ├── LimitExceededError         one of our own bounds was hit
    └── InternalError              our bug

Imports nothing but the standard library: the pytest entry point loads this module in every session.
"""

from __future__ import annotations

__all__ = [
    "BackendUnavailableError",
    "ChaosError",
    "ConfigError",
    "ContractError",
    "FaultNotSupportedError",
    "InjectionError",
    "IntegrationFileError",
    "InternalError",
    "LimitExceededError",
    "PolicyError",
    "ProtocolError",
    "RecordError",
    "ScenarioError",
    "UsageError",
]


class ChaosError(Exception):
    """Base of all; never raised itself."""


class UsageError(ChaosError):
    """The caller or a file is wrong. Raised when declared, never in the middle of a run."""


class ConfigError(UsageError):
    """An option, ini key, environment variable or fixture has an unusable value."""


class _FileError(UsageError):
    """A file is wrong at a key.

    Args:
        problem: What is wrong, one sentence, and what was expected.
        path: The file.
        key: Where in it, as a JSON path (`$.method[2].fault`); "" for the file as a whole.
    """

    def __init__(self, problem: str, *, path: str = "", key: str = "") -> None:
        self.problem = problem
        self.path = path
        self.key = key
        where = ", ".join(part for part in (path, key) if part)
        super().__init__(f"{where}: {problem}" if where else problem)


class ScenarioError(_FileError):
    """A scenario file is wrong."""


class ContractError(_FileError):
    """A contract file is wrong."""


class IntegrationFileError(_FileError):
    """The configuration of an integration that is a program is wrong."""


class PolicyError(_FileError):
    """The policy of the gate, or the matrix it keeps, is wrong."""


class PlanError(_FileError):
    """The settings of a contingency plan, or what it is to rest on, are wrong."""


class RecordError(_FileError):
    """A record of a run is none, or not as it was sealed."""


class FaultNotSupportedError(UsageError):
    """The chosen world has no mechanism for a fault."""


class ProtocolError(ChaosError):
    """Something violates the grammar of the API."""


class InjectionError(ChaosError):
    """A fault could not be armed, or was not verified as lifted."""


class BackendUnavailableError(ChaosError):
    """A server, port or optional package is missing; the message says how to get it."""


class LimitExceededError(ChaosError):
    """One of the harness's own bounds was hit."""


class InternalError(ChaosError):
    """A defect of the harness itself; the message asks for a report with the seed."""
