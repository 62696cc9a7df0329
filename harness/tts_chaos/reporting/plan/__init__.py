"""The contingency plan: nine steps filled from what was measured, every number with its source."""
