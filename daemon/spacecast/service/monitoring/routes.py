"""Which reply belongs to which address."""

from collections.abc import Callable
from http import HTTPStatus

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from spacecast.ledger import LedgerTrouble, LedgerUnusable
from spacecast.service.monitoring.documents import Documents, selection_from
from spacecast.service.monitoring.exchange import Reply, Request, Unanswerable, json_reply, text_reply
from spacecast.service.monitoring.page import page_reply

_DATASET = "/api/datasets/"
_LONGEST_NUMBER = 18


class Routes:
    """Answers requests; safe to use from any thread."""

    def __init__(self, documents: Documents, registry: CollectorRegistry) -> None:
        self._documents = documents
        self._registry = registry
        self._replies: dict[str, Callable[[Request], Reply]] = {
            "/": lambda _request: page_reply(),
            "/healthz": self._health,
            "/metrics": self._metrics,
            "/api/overview": lambda _request: json_reply(documents.overview()),
            "/api/datasets": self._datasets,
        }

    def answer(self, request: Request) -> Reply:
        """Return the reply to a request that was checked; raises Unanswerable."""
        reply = self._replies.get(request.path)
        if reply is None and request.path.startswith(_DATASET):
            reply = self._dataset
        if reply is None:
            return text_reply("there is nothing here: /, /healthz, /metrics", HTTPStatus.NOT_FOUND)
        try:
            return reply(request)
        except (LedgerTrouble, LedgerUnusable) as trouble:
            return json_reply({"error": str(trouble)}, HTTPStatus.SERVICE_UNAVAILABLE)

    def _health(self, _request: Request) -> Reply:
        document = self._documents.health()
        return json_reply(document, HTTPStatus.OK if document["healthy"] else HTTPStatus.SERVICE_UNAVAILABLE)

    def _metrics(self, request: Request) -> Reply:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Reply(encode(self._registry), content_type)

    def _datasets(self, request: Request) -> Reply:
        try:
            selection = selection_from(request.query)
        except ValueError as error:
            raise Unanswerable(HTTPStatus.BAD_REQUEST, "there is no such state") from error
        before, most = (_number(request.query.get(name)) for name in ("before", "most"))
        return json_reply(self._documents.datasets(selection, before=before, most=most))

    def _dataset(self, request: Request) -> Reply:
        number = _number(request.path.removeprefix(_DATASET))
        try:
            return json_reply(self._documents.dataset(number or 0))
        except KeyError:
            return json_reply({"error": "there is no such dataset"}, HTTPStatus.NOT_FOUND)


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise Unanswerable(HTTPStatus.BAD_REQUEST, "that is no number")
    return int(text)
