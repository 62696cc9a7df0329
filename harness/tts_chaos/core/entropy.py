"""One seed, and from it independent named streams of chance.

Each consumer takes its own child stream, so one more draw in one of them shifts no other.
The only module of the pure layers that may import `random`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import MutableSequence, Sequence
from typing import TypeVar

__all__ = ["Entropy"]

T = TypeVar("T")
_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Entropy:
    """A seeded source of chance.

    Args:
        seed: Any integer or text; equal seeds give equal draws on every platform.
    """

    def __init__(self, seed: int | str) -> None:
        self.seed = str(seed)
        digest = hashlib.sha256(self.seed.encode()).digest()
        self._random = random.Random(int.from_bytes(digest[:16], "big"))  # noqa: S311 - not cryptographic

    def child(self, name: str) -> Entropy:
        """Return the stream called `name`, the same however much was drawn from this one."""
        return Entropy(f"{self.seed}/{name}")

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def ratio(self) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        return self._random.random()

    def choice(self, options: Sequence[T]) -> T:
        """Return one of `options`."""
        return options[self._random.randrange(len(options))]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """Return `count` different members of `options`."""
        return self._random.sample(options, count)

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Reorder `items` in place."""
        self._random.shuffle(items)

    def digits(self, count: int) -> str:
        """Return a decimal id of `count` digits that does not start with zero."""
        return str(self._random.randrange(10 ** (count - 1), 10**count))

    def hexadecimal(self, count: int) -> str:
        """Return `count` lower-case hexadecimal digits."""
        return f"{self._random.getrandbits(4 * count):0{count}x}" if count else ""

    def token(self, count: int) -> str:
        """Return `count` letters and digits."""
        return "".join(self._random.choices(_ALPHANUMERIC, k=count))
