"""Runs a scenario: phases, recording, judging. Knows mechanisms only through its ports."""
