"""Which setting a name means: `TIKTOK_APP_KEY`, `ttsAppKey` and `app_key` are one role.

Names are compared without case and punctuation. What stands before the role must be empty or speak
of TikTok or of nobody in particular, so that another platform's keys are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

__all__ = ["CREDENTIALS", "SECRETS", "Role", "role_of"]


class Role(StrEnum):
    """What a setting is for."""

    APP_KEY = "app_key"
    APP_SECRET = "app_secret"  # noqa: S105 - the name of a setting
    ACCESS_TOKEN = "access_token"  # noqa: S105 - the same
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the same
    SHOP_CIPHER = "shop_cipher"
    SHOP_ID = "shop_id"
    API_URL = "api_url"
    TOKEN_URL = "token_url"  # noqa: S105 - the same
    ACCESS_TOKEN_EXPIRES_AT = "access_token_expires_at"  # noqa: S105 - the same
    REFRESH_TOKEN_EXPIRES_AT = "refresh_token_expires_at"  # noqa: S105 - the same
    ROTATED_AT = "rotated_at"
    GRANTED_SCOPES = "granted_scopes"


CREDENTIALS = (Role.APP_KEY, Role.APP_SECRET, Role.ACCESS_TOKEN, Role.REFRESH_TOKEN)
"""Without these no call can be made for longer than one token lives."""

SECRETS = (Role.APP_SECRET, Role.ACCESS_TOKEN, Role.REFRESH_TOKEN)
"""What nobody else may see. The app key stands in every URL and is none."""

ENDINGS: Mapping[str, Role] = {
    "appkey": Role.APP_KEY,
    "appsecret": Role.APP_SECRET,
    "accesstoken": Role.ACCESS_TOKEN,
    "refreshtoken": Role.REFRESH_TOKEN,
    "shopcipher": Role.SHOP_CIPHER,
    "shopid": Role.SHOP_ID,
    "apiurl": Role.API_URL,
    "apibaseurl": Role.API_URL,
    "apihost": Role.API_URL,
    "baseurl": Role.API_URL,
    "tokenurl": Role.TOKEN_URL,
    "tokenbaseurl": Role.TOKEN_URL,
    "authurl": Role.TOKEN_URL,
    "authbaseurl": Role.TOKEN_URL,
    "accesstokenexpirein": Role.ACCESS_TOKEN_EXPIRES_AT,
    "accesstokenexpiresin": Role.ACCESS_TOKEN_EXPIRES_AT,
    "accesstokenexpiresat": Role.ACCESS_TOKEN_EXPIRES_AT,
    "accesstokenexpiry": Role.ACCESS_TOKEN_EXPIRES_AT,
    "refreshtokenexpirein": Role.REFRESH_TOKEN_EXPIRES_AT,
    "refreshtokenexpiresin": Role.REFRESH_TOKEN_EXPIRES_AT,
    "refreshtokenexpiresat": Role.REFRESH_TOKEN_EXPIRES_AT,
    "refreshtokenexpiry": Role.REFRESH_TOKEN_EXPIRES_AT,
    "secretrotatedat": Role.ROTATED_AT,
    "keysrotatedat": Role.ROTATED_AT,
    "grantedscopes": Role.GRANTED_SCOPES,
}
"""Ending of a name, lower-case letters and digits only, and what it means; the longest wins."""

_OWN_PREFIX = re.compile(
    r"(.*(tts|tiktok|ttshop|tkshop).*|(my|shop|seller|prod|production|live|test|sandbox|default)?)"
)
# A base URL without a name could be anybody's.
_NEEDS_NAME = frozenset({"baseurl", "apiurl", "apihost", "tokenurl", "authurl", "apibaseurl"})


def role_of(name: str) -> Role | None:
    """Return what a setting's name means, None where it means nothing here.

    >>> role_of("TIKTOK_SHOP_APP_KEY"), role_of("LAZADA_APP_KEY")
    (<Role.APP_KEY: 'app_key'>, None)
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    endings = [ending for ending in ENDINGS if plain.endswith(ending)]
    if not endings:
        return None
    ending = max(endings, key=len)
    prefix = plain.removesuffix(ending)
    if ending in _NEEDS_NAME and not prefix:
        return None
    return ENDINGS[ending] if _OWN_PREFIX.fullmatch(prefix) else None
