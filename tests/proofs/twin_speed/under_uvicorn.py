"""The same platform as an ASGI application under uvicorn.

python -m tests.proofs.twin_speed.under_uvicorn PORT
"""

from __future__ import annotations

import sys

import uvicorn

from tts_chaos.serving.asgi import make_asgi_app
from tts_chaos.serving.standalone import Setup, Standalone


def main() -> int:
    """Serve until ended; equal seeds give equal keys, so the twin's requests fit here."""
    app = make_asgi_app(Standalone(Setup()))
    uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
