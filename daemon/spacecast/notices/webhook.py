"""Posts one notice to a webhook, signed, under an id that is the same however often it is posted."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from spacecast.config import Config, Webhook
from spacecast.faults import Passing
from spacecast.ledger import Delivery
from spacecast.transport import Transport

ID_HEADER, TIME_HEADER, SIGNATURE_HEADER = "Spacecast-Id", "Spacecast-Timestamp", "Spacecast-Signature"
_SCHEME = "v1"
_MOST_ANSWER_BYTES = 64 * 1024
# Where they are told to people, and not to programs.
_NOT_POSTED = frozenset({"to", "cc", "problems"})


# What a receiver answers that can take no posts now, whatever is in them.
_AWAY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class WebhookAway(Passing):
    """The receiver takes no posts just now."""


class WebhookRefused(Passing):
    """The receiver does not take this post; somebody may mend that, so it is tried for some days."""


def open_webhook(config: Config, hook: Webhook) -> Transport:
    """Return what posts to the host of a webhook; connections are opened when needed."""
    parts = urlsplit(hook.url)
    return Transport(
        f"{parts.scheme}://{parts.netloc}",
        headers=dict,
        service=f"The webhook {hook.name} ({parts.netloc})",
        ca_bundle=config.onedata.ca_bundle,
        connect_timeout_seconds=config.limits.connect_timeout,
        read_timeout_seconds=config.limits.read_timeout,
        answer_timeout_seconds=config.limits.read_timeout * 2,
        max_body_bytes=_MOST_ANSWER_BYTES,
        pool_size=1,
    )


def post(transport: Transport, config: Config, hook: Webhook, delivery: Delivery, *, now: float) -> None:
    """Post a notice; returns when the receiver has answered 2xx.

    Posting again does no harm, since the id tells. Raises WebhookAway or WebhookRefused for any other answer, and what
    a request without an answer raises.
    """
    body = json.dumps(payload(config, delivery), separators=(",", ":")).encode()
    parts = urlsplit(hook.url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/json",
        **signed(hook.secret.reveal(), notice_id(config, delivery), body, now),
    }
    answer = transport.request("POST", path or "/", body=body, headers=headers, repeatable=True)
    if answer.ok:
        return
    reason = f"{transport.service} answered {answer.status}."
    if answer.status in _AWAY or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise WebhookAway(reason, retry_after_seconds=answer.retry_after_seconds)
    raise WebhookRefused(reason)


def payload(config: Config, delivery: Delivery) -> Mapping[str, object]:
    """Return what is posted; no secret is in it, and the invite token neither."""
    return {
        "id": notice_id(config, delivery),
        "kind": delivery.kind,
        "at": datetime.fromtimestamp(delivery.noticed_at, UTC).isoformat(timespec="milliseconds"),
        "facility": config.facility,
        "instance": config.instance_name,
        "facts": {name: value for name, value in delivery.facts.items() if name not in _NOT_POSTED},
    }


def notice_id(config: Config, delivery: Delivery) -> str:
    """Return the id under which a notice is posted, to every webhook and each time."""
    return hashlib.sha256(f"{config.instance_name}\n{delivery.key}".encode()).hexdigest()[:40]


def signed(secret: str, identity: str, body: bytes, now: float) -> Mapping[str, str]:
    """Return the headers that prove who posted a body and when: HMAC-SHA256 over id, time and body, with dots."""
    moment = str(int(now))
    content = b".".join((identity.encode(), moment.encode(), body))
    digest = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return {ID_HEADER: identity, TIME_HEADER: moment, SIGNATURE_HEADER: f"{_SCHEME}={digest}"}
