"""Finds schedules of faults that break an integration: drawn by chance, or every one of them.

`work` and `variants` are the tables of what can happen; a `schedule` is a choice of both, and a
scenario. `sites` knows where a fault can act; `drawing` (the only user of Hypothesis) draws
schedules, `exploring` lists them; `hunting` plays, tells failures apart and has them shrunk by
`shrinking`; `found` keeps them. How a scenario is played, the caller says.
"""
