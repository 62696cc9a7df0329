"""The token host: both calls, and every refusal."""

from __future__ import annotations

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import TOKEN_HOST, accepted, refused


def consent(desk: Desk) -> str:
    """Return a fresh authorisation code."""
    return str(desk.command("issue_auth_code")["auth_code"])


def refresh(desk: Desk) -> Answer:
    """Refresh with the newest refresh token."""
    return desk.ask_token_host("refresh", refresh_token=desk.twin.credentials().refresh_token)


@accepted("token.v2.get")
def a_fresh_code(desk: Desk, _operation: str) -> Answer:
    return desk.ask_token_host("get", auth_code=consent(desk))


@accepted("token.v2.refresh")
def a_living_refresh_token(desk: Desk, _operation: str) -> Answer:
    return refresh(desk)


@refused("token.v2.get", 36004004)
def a_code_used_twice(desk: Desk, _operation: str) -> Answer:
    code = consent(desk)
    desk.ask_token_host("get", auth_code=code)
    return desk.ask_token_host("get", auth_code=code)


@refused("token.v2.get", 36004004)
def a_code_older_than_half_an_hour(desk: Desk, _operation: str) -> Answer:
    code = consent(desk)
    desk.wait(hours=0.5)
    return desk.ask_token_host("get", auth_code=code)


@refused("token.v2.refresh", 36004001)
def a_refresh_token_past_its_time(desk: Desk, _operation: str) -> Answer:
    desk.command("expire_refresh_tokens")
    return refresh(desk)


@refused("token.v2.refresh", 36004005)
def a_refresh_token_that_was_withdrawn(desk: Desk, _operation: str) -> Answer:
    desk.command("deauthorize_app")
    return refresh(desk)


@refused("token.v2.refresh", 98001004)
def a_grant_type_nobody_knows(desk: Desk, _operation: str) -> Answer:
    token = desk.twin.credentials().refresh_token
    return desk.ask_token_host("refresh", refresh_token=token, grant_type="password")


@refused(("token.v2.get", "token.v2.refresh"), 36009004, "app_key_invalid")
def a_wrong_secret(desk: Desk, operation: str) -> Answer:
    return desk.ask_token_host(operation.removeprefix("token.v2."), app_secret="wrong")


@refused(TOKEN_HOST, 36009033)
def an_address_off_the_list(desk: Desk, _operation: str) -> Answer:
    desk.command("refuse_ip")
    return refresh(desk)
