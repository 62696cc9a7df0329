"""The vocabulary every layer shares: time, chance, history, verdicts and registries.

Knows nothing of HTTP, of TikTok Shop or of pytest; performs no I/O.
"""
