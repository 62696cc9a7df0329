"""Packages: how orders leave the warehouse and where they are."""

__all__: list[str] = []
