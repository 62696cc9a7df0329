"""Says how one request went, as the program sees it, and how long it took."""

import sys
import time
import urllib.error
import urllib.request

began = time.monotonic()
try:
    with urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[2])) as answer:
        told = answer.read().decode()
except OSError as error:
    told = str(getattr(error, "reason", error))
print(round((time.monotonic() - began) * 1000), told)
