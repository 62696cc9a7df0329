"""The command `tts-chaos`."""
