"""What is told to people and programs outside: texts, mail server, webhooks, and the round that delivers."""

from spacecast.notices.channels import MAIL, channels_for, webhook_channel
from spacecast.notices.composing import compose, language_for, message_id
from spacecast.notices.mailing import Invite
from spacecast.notices.outcomes import STAGE
from spacecast.notices.post import Post
from spacecast.notices.smtp import Handed, MailServer, MailServerAway, MailServerRefuses, connected
from spacecast.notices.trial import send_trial
from spacecast.notices.wishes import Addressees, addressees, is_wanted

__all__ = [
    "MAIL",
    "STAGE",
    "Addressees",
    "Handed",
    "Invite",
    "MailServer",
    "MailServerAway",
    "MailServerRefuses",
    "Post",
    "addressees",
    "channels_for",
    "compose",
    "connected",
    "is_wanted",
    "language_for",
    "message_id",
    "send_trial",
    "webhook_channel",
]
