"""Warehouses, delivery options and carriers."""

__all__: list[str] = []
