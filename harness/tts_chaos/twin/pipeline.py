"""From a request to an answer: the gates, the handler, and the one place that tells refusals."""

from __future__ import annotations

from tts_chaos.contracts.loader import Contracts
from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.answers import DECLINED, Answerer
from tts_chaos.twin.desk import Admission, Desk, EdgeAnswerError, Signpost
from tts_chaos.twin.domains.authorization.lookup import shop_by_cipher
from tts_chaos.twin.domains.authorization.token_host import TOKEN_CALLS
from tts_chaos.twin.domains.product.money import CURRENCY_BY_REGION
from tts_chaos.twin.gates import API_GATES
from tts_chaos.twin.generic import generate_data
from tts_chaos.twin.handled import Basis, Handled, Identity
from tts_chaos.twin.handler import HANDLERS, Call, DeclinedError, RefusalError, TwinEnv
from tts_chaos.wire.envelope import TOKEN_SUCCESS
from tts_chaos.wire.message import AUTH_HOST, ApiRequest, ApiResponse

__all__ = ["Pipeline"]

_TOKEN_HOST_UNROUTED = "token_host_unrouted"  # noqa: S105 - the name of an answer


class Pipeline:
    """Answers requests of both hosts."""

    def __init__(self, env: TwinEnv, contracts: Contracts, entropy: Entropy) -> None:
        self._desk = Desk(env=env, contracts=contracts, signpost=Signpost(contracts))
        self._answerer = Answerer(
            contracts=contracts, settings=env.settings, clock=env.clock, entropy=entropy
        )

    def identify(self, request: ApiRequest) -> Identity:
        """Return operation and shop of a request, "" where unknown."""
        match = self._desk.signpost.target(request).match
        return Identity(
            operation=match.operation.id if match else "", shop=self._shop_named_by(request)
        )

    def handle(self, request: ApiRequest) -> Handled:
        """Answer one request."""
        admission = Admission(request=request)
        is_token_call = request.host == AUTH_HOST and request.scheme == "https"
        try:
            if is_token_call:
                response, basis = self._ask_token_host(admission), Basis.STATE
            else:
                response, basis = self._ask_api(admission)
        except EdgeAnswerError as edge:
            return Handled(response=self._answerer.plain(edge.answer), message=edge.answer)
        except DeclinedError as declined:
            return self._declined(admission, declined)
        except RefusalError as refusal:
            return self._refused(admission, refusal, is_token_call=is_token_call)
        return Handled(
            response=response,
            operation=admission.target.id,
            shop=admission.shop.id if admission.shop else "",
            code=0,
            committed=basis is Basis.STATE,
            basis=basis,
            notes=tuple(admission.notes),
        )

    def _ask_api(self, admission: Admission) -> tuple[ApiResponse, Basis]:
        """Pass the gates and run the handler; where there is none, the contract alone answers."""
        for gate in API_GATES:
            gate(self._desk, admission)
        operation = admission.target
        if operation.id in self._desk.contracts.declined:
            raise DeclinedError(self._desk.contracts.declined[operation.id])
        handler = HANDLERS.get(operation.id)
        call = self._call(admission)
        if handler is None:
            admission.notes.append("the answer is generated from the contract")
            data = generate_data(call, currency=_currency_of(admission))
            return self._answerer.tell(data, headers=Basis.CONTRACT.headers), Basis.CONTRACT
        return self._answerer.tell(handler(call)), Basis.STATE

    def _ask_token_host(self, admission: Admission) -> ApiResponse:
        request = admission.request
        match = self._desk.signpost.target(request).match
        if match is None or match.operation.id not in TOKEN_CALLS:
            raise EdgeAnswerError(_TOKEN_HOST_UNROUTED)
        admission.operation = match.operation
        grant = TOKEN_CALLS[match.operation.id](self._desk.env, request)
        return self._answerer.tell(grant.to_data(), message=TOKEN_SUCCESS)

    def _declined(self, admission: Admission, declined: DeclinedError) -> Handled:
        return Handled(
            response=self._answerer.decline(str(declined)),
            operation=admission.target.id,
            shop=admission.shop.id if admission.shop else "",
            code=DECLINED,
            message=str(declined),
            basis=Basis.DECLINED,
            notes=(*admission.notes, f"declined: {declined}"),
        )

    def _refused(
        self, admission: Admission, refusal: RefusalError, *, is_token_call: bool
    ) -> Handled:
        response = self._answerer.refuse(refusal, is_token_call=is_token_call)
        return Handled(
            response=response,
            operation=admission.operation.id if admission.operation else "",
            shop=admission.shop.id if admission.shop else "",
            code=refusal.code,
            message=self._answerer.wording(refusal),
            basis=Basis.COMMAND if refusal.is_ordered else Basis.STATE,
            diagnosis=refusal.diagnosis,
            notes=tuple(admission.notes),
        )

    def _call(self, admission: Admission) -> Call:
        return Call(
            env=self._desk.env,
            operation=admission.target,
            shop_id=admission.shop.id if admission.shop else "",
            open_id=admission.account.id if admission.account else "",
            path=admission.path,
            query=admission.query,
            body=admission.body,
        )

    def _shop_named_by(self, request: ApiRequest) -> str:
        cipher = request.parameter("shop_cipher")
        if cipher:
            shop = shop_by_cipher(self._desk.env.store, cipher)
            return shop.id if shop else ""
        return request.parameter("shop_id") or ""


def _currency_of(admission: Admission) -> str:
    """Return the currency of the shop or, for calls without one, of the account's home market."""
    shop, account = admission.shop, admission.account
    region = shop.region if shop else account.base_region if account else ""
    return CURRENCY_BY_REGION.get(region, "USD")
