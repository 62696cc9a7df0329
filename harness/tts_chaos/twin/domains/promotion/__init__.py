"""Promotions: activities with their products, and coupons."""

__all__: list[str] = []
