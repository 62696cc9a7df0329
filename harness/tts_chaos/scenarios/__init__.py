"""Chaos experiments as files: their model, the loader, and what makes one valid."""
