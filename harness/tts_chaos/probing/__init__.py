"""Reads what `tts_chaos.diagnosis` judges: files, the environment, the network, the platform.

Reads only. The real platform is asked nothing but GETs, each named in a table, and only on request.
"""
