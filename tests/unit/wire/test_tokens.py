"""What the token host says, and what may happen to a token."""

from __future__ import annotations

import pytest

from tts_chaos.errors import ProtocolError
from tts_chaos.wire.envelope import encode
from tts_chaos.wire.tokens import (
    ACCESS_REFUSALS,
    REFRESH_REFUSALS,
    TOKEN_MOVES,
    TokenEvent,
    TokenGrant,
    TokenState,
    events_of,
    make_token_envelope,
    next_token_state,
    parse_token_response,
)

ANSWER = (
    b'{"code":0,"message":"success","data":{"access_token":"TTP_a",'
    b'"access_token_expire_in":1660556783,"refresh_token":"TTP_r",'
    b'"refresh_token_expire_in":1691487031,"open_id":"o","seller_name":"s",'
    b'"seller_base_region":"GB","user_type":0,"granted_scopes":["seller.order.info"]},'
    b'"request_id":"r"}'
)


def test_the_documented_answer_is_read() -> None:
    grant = parse_token_response(ANSWER)

    assert grant == TokenGrant(
        access_token="TTP_a",
        access_token_expires_at_s=1660556783,
        refresh_token="TTP_r",
        refresh_token_expires_at_s=1691487031,
        open_id="o",
        seller_name="s",
        seller_base_region="GB",
        granted_scopes=("seller.order.info",),
    )


def test_a_written_grant_has_the_names_of_the_wire() -> None:
    grant = TokenGrant(
        access_token="a",
        access_token_expires_at_s=1,
        refresh_token="r",
        refresh_token_expires_at_s=2,
    )

    assert grant.to_data()["access_token_expire_in"] == 1
    assert parse_token_response(encode(make_token_envelope(grant, request_id="x"))) == grant


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"code":36004004,"message":"invalid auth code"}', id="refusal-under-200"),
        pytest.param(b'{"code":0,"data":{}}', id="success-without-tokens"),
        pytest.param(b"404 page not found", id="unrouted"),
    ],
)
def test_an_answer_without_a_pair_gives_no_grant(body: bytes) -> None:
    assert parse_token_response(body) is None


@pytest.mark.parametrize(
    ("state", "event", "expected"),
    [
        (TokenState.VALID, TokenEvent.EXPIRE, TokenState.EXPIRED),
        (TokenState.VALID, TokenEvent.REPLACE, TokenState.SUPERSEDED),
        (TokenState.MALFORMED, TokenEvent.RESTORE, TokenState.VALID),
        (TokenState.EXPIRED, TokenEvent.REPLACE, TokenState.EXPIRED),
    ],
)
def test_a_token_moves_by_the_table(
    state: TokenState, event: TokenEvent, expected: TokenState
) -> None:
    assert next_token_state(state, event) is expected


def test_nothing_leads_out_of_revocation() -> None:
    assert events_of(TokenState.REVOKED) == []


def test_an_expired_token_never_becomes_valid_again() -> None:
    assert TokenState.VALID not in {
        target for (source, _), target in TOKEN_MOVES.items() if source is TokenState.EXPIRED
    }


def test_an_impossible_move_says_what_is_possible() -> None:
    with pytest.raises(
        ProtocolError, match="expired cannot restore; possible here: replace, revoke"
    ):
        next_token_state(TokenState.EXPIRED, TokenEvent.RESTORE)


def test_every_state_but_valid_has_a_refusal() -> None:
    others = set(TokenState) - {TokenState.VALID}

    assert set(ACCESS_REFUSALS) == others
    assert set(REFRESH_REFUSALS) == others
