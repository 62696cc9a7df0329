"""The embedded engine: a fault proxy that speaks Toxiproxy's control interface.

What differs from `toxiproxy-server` 2.12 on purpose:

- It listens on loopback only; "" and `:0` mean 127.0.0.1 instead of every interface.
- `/version` carries the suffix `-embedded`; answers carry no `Date` and no request id.
- Chance is seeded: toxicity, jitter and slice sizes of the n-th connection of a proxy are the same
  in every run. Toxicity is drawn again only when it changes.
- A connection that toxicity spares is left alone for good: it is not reset when it closes
  (`reset_peer`) and not closed when the toxic is removed (`timeout`).
- Settings that crash the server (slices of no size, a negative rate) do not crash the engine.
- A reset by the upstream reaches the client as a reset; the server closes in order.
- The port of a disabled proxy stays reserved.
- A proxy accepts while it dials for another connection; the server accepts one at a time.
- `GET /tts/proxies/{name}` counts connections; `/metrics` does not exist.
- Without a DNS lookup: a listen address is loopback or refused when the proxy is enabled.

Reading order: `toxics/` (what goes wrong), `link` and `connection` (how bytes flow), `proxy` and
`collection` (what exists), `routes` and `control` (how it is steered), `embedded` (its thread).
"""

from __future__ import annotations

from tts_chaos.serving.fault_proxy.engine.embedded import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
