"""The settings that `tts-chaos plan --init` writes: each with what it means."""

from __future__ import annotations

__all__ = ["STARTING"]

STARTING = """\
# What a contingency plan needs and no measurement can tell. Take away the # of what you fill in.
# What stays out is said to be missing in the plan; nothing is made up.

integration = "our order sync"

# date = 2026-12-01              # day of the plan; left out: the day of the newest report
review_every_days = 30           # when it is looked at again

# The critical functions, the most critical first:
# functions = ["orders", "stock", "checkout", "shipping", "webhooks"]

[rates]                          # how much there is in an hour, on the day the plan is for
# orders = 40
# stock = 200                    # changes of stock
# checkout = 900                 # baskets that are priced
# shipping = 38
# webhooks = 160

# [order_value]                  # without it the plan says nothing of money
# amount = 31.50
# currency = "GBP"

# [team.lead]                    # decides; the same for operator, developer, communicator, reviewer
# name = "Ada"
# contact = "on-call number 1"
# deputy = "Grace"

# [objectives.orders]            # by function, or by failure: credentials, permission, endpoint,
# recovery_s = 1800              # network, clock, version, rate_limit, outage, slowness, contract,
# detection_s = 300              # mapping, webhook, program

# [not_applicable]               # what does not concern this integration, each with the reason
# checkout = "prices come from the shop alone"

# [[audiences]]                  # who is told, and by which way
# name = "Sellers"
# channel = "status page"

# [[resources]]                  # what is needed, and where it is
# name = "Keys"
# where = "vault, path shop/platform"
"""
