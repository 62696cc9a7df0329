"""Locustfiles that `tts-chaos load` brings along."""
