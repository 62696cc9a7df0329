"""The whole zoo: importing this module registers every broken integration."""

from __future__ import annotations

from tests.quality.zoo import (  # noqa: F401 - each module registers its members
    async_broken,
    discipline_broken,
    orders_broken,
    refunds_broken,
    requests_broken,
    requests_form_broken,
    retries_broken,
    signing_broken,
    stock_broken,
    telling_broken,
    threads_broken,
    tls_broken,
    tokens_broken,
    webhooks_broken,
)
from tests.quality.zoo.registry import ZOO, Make, Member

__all__ = ["ZOO", "Make", "Member"]
