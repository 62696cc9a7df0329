"""The small shop on niquests, a client that goes over to HTTP/3 where it is told to.

Its text stands in for that of `small_shop`, in an environment of its own.
"""

from __future__ import annotations

from pathlib import Path

from tests.support import small_shop

__all__ = ["program"]

CALL = """
import niquests

SESSION = niquests.Session()


def call(method, path, query, body=None, tries=4):
    data = b"" if body is None else json.dumps(body).encode()
    for left in reversed(range(tries)):
        signed = {
            **query,
            "app_key": os.environ["APP_KEY"],
            "shop_cipher": os.environ["SHOP_CIPHER"],
            "timestamp": str(int(time.time())),
        }
        secret = os.environ["APP_SECRET"].encode()
        text = path + "".join(key + signed[key] for key in sorted(signed))
        signed["sign"] = hmac.new(
            secret, secret + text.encode() + data + secret, "sha256"
        ).hexdigest()
        try:
            reply = SESSION.request(
                method,
                f"{os.environ['API_URL']}{path}?{urlencode(signed)}",
                data=data or None,
                headers={
                    "content-type": "application/json",
                    "x-tts-access-token": os.environ["ACCESS_TOKEN"],
                },
                timeout=3,
                verify=os.environ["SSL_CERT_FILE"],
            )
        except niquests.exceptions.RequestException as error:
            print("failed", type(error).__name__, flush=True)
            if not left:
                raise RuntimeError(type(error).__name__) from None
            continue
        print("via", reply.http_version, flush=True)
        answer = reply.json()
        if answer["code"] != 0:
            raise RuntimeError(f"{answer['code']}: {answer['message']}")
        return answer["data"]
"""


def program() -> str:
    """Return the text of the program."""
    text = Path(small_shop.__file__).read_text(encoding="utf-8")
    head, _, rest = text.partition("def call(")
    return head + CALL + "\n\ndef database(" + rest.partition("def database(")[2]
