"""The config's section `notify`: what is told to people by mail, and to programs by webhooks."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from spacecast.config.addresses import posting_url
from spacecast.config.mail_section import Mail
from spacecast.config.secret import Secret
from spacecast.config.section import Section, Text
from spacecast.config.units import Duration, at_least
from spacecast.config.wrong import Form, wrong

NoticeKind = Literal["ready", "blocked", "unblocked", "outage", "available"]
ALL_KINDS: tuple[NoticeKind, ...] = ("ready", "blocked", "unblocked", "outage", "available")
PostingUrl = Annotated[Text, AfterValidator(posting_url)]


class Webhook(Section):
    """An address to which notices are posted as JSON, signed."""

    name: Annotated[Text, Form(r"[a-z0-9][a-z0-9-]{0,39}", "a short name of small letters, digits and dashes")] = Field(
        description="What it is called in the log and the ledger.", examples=["booking"]
    )
    url: PostingUrl = Field(
        description="Where to post. `http://` for this machine only.",
        examples=["https://booking.example.org/hooks/spacecast"],
    )
    secret: Secret = Field(
        description="What the posts are signed with; the receiver has it too.",
        examples=[{"file": "/etc/spacecast/booking.secret"}],
    )
    kinds: tuple[NoticeKind, ...] = Field(default=ALL_KINDS, min_length=1, description="Which notices it gets.")


class Notify(Section):
    """What is told: to users that their link is ready, to operators what waits for them, to programs either."""

    blocked_after: Duration = Field(
        default=600.0, description="How long a dataset must be blocked before operators are told."
    )
    outage_after: Duration = Field(
        default=900.0, description="How long a service must be down before operators are told."
    )
    gather: Annotated[Duration, at_least("1s")] = Field(
        default=600.0,
        description="How long to wait after a notice about blocked datasets until the next one, which tells of all that"
        " came in between.",
    )
    mail: Mail | None = Field(default=None, description="`null`: no mail is sent.")
    webhooks: tuple[Webhook, ...] = Field(default=(), description="Any number of items; none by default.")

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [hook.name for hook in self.webhooks]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise wrong("is the name of another webhook, too", "webhooks", index, "name")
        return self
