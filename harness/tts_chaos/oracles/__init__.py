"""Judges: pure functions from a history to a verdict. One file per rule; none knows the twin."""
