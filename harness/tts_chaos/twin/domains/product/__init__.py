"""Products, their prices, and the units of stock behind each SKU."""

__all__: list[str] = []
