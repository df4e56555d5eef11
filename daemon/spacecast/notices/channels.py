"""Through which channels a notice goes under a config, and to whom there."""

from collections.abc import Mapping

from spacecast.config import Config, Webhook, parse_mailbox

MAIL = "mail"


def webhook_channel(hook: Webhook) -> str:
    """Return what a webhook's channel is called in the ledger."""
    return f"webhook {hook.name}"


def channel_names(config: Config) -> tuple[str, ...]:
    """Return every channel that a config has."""
    hooks = tuple(webhook_channel(hook) for hook in config.notify.webhooks)
    return ((MAIL,) if config.notify.mail is not None else ()) + hooks


def channels_for(config: Config, kind: str, *, users: tuple[str, ...] = ()) -> Mapping[str, tuple[str, ...]]:
    """Return the channels of a notice: mail to `users`, or to operators where it is none for users; and webhooks."""
    channels = {webhook_channel(hook): () for hook in config.notify.webhooks if kind in hook.kinds}
    recipients = users if kind == "ready" else operators(config)
    return {MAIL: recipients, **channels} if recipients else channels


def operators(config: Config) -> tuple[str, ...]:
    """Return the addresses of the operators, empty where no mail is sent to them."""
    mail = config.notify.mail
    boxes = [parse_mailbox(text) for text in mail.operators.to] if mail is not None else []
    return tuple(dict.fromkeys(box.address for box in boxes if box is not None))
