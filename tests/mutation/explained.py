"""Mutants that no test can notice, and why each of them changes no verdict.

A row is a pattern (`fnmatch`) over the ids of mutants, and the reason for all it matches. The proof
refuses a row that matches no survivor: an explanation is no place to hide a missing test.
"""

from __future__ import annotations

__all__ = ["EXPLAINED"]

EXPLAINED: dict[str, str] = {
    "oracles.idempotency_key_stable:judge: if writes -> if not writes": "only words: why nothing"
    " was judged; a report that judged nothing has words of its own for that",
    "oracles.retries_bounded:judge: 0 -> 1": "a count of a history without calls, which nobody"
    " judges and nobody reads",
    "engine.judgement:_gravity: 2 -> 3": "a rank below all others stays below all others",
    "engine.judgement:Judgement.__init__: 0 -> 1": "a time limit for an alert that the scenario"
    " does not ask for; no judge reads it then",
}
