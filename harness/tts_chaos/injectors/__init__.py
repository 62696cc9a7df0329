"""Mechanisms that realise faults and the two worlds in which scenarios run."""
