"""What is wrong between an integration and the platform, judged from values; pure.

`observed.py` says what can be known, `checks/` has one file per check, `catalogue.py` is their
table, `examine.py` runs them. Files, sockets and clocks are read by `tts_chaos.probing`.
"""
