"""The gate: a policy, a report held against it, one word, and a memory of what was decided."""
