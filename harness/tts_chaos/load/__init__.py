"""Latency budgets that cannot lie, and a rehearsal of the sale day.

The arithmetic (`plan`, `budgets`, `samples`, `estimates`, `verdicts`, `comparison`) is pure. Only
`users`, `generator`, `listeners` and `shape` import Locust, which replaces parts of the standard
library when it is imported: they live in a process of their own and are imported by a locustfile.
"""
