"""The config's section `notify.mail`: the mail server, and who is written to about what."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from spacecast.config.addresses import is_loopback
from spacecast.config.mail_addresses import parse_mailbox
from spacecast.config.paths import ReadableFile, ReadableFolder
from spacecast.config.secret import Secret
from spacecast.config.section import Section, Text, Whole, YesNo
from spacecast.config.wrong import Form, wrong

PATH_PREFIX = "metadata:"
PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_PATH = re.compile(r"[^\s.]+(?:\.[^\s.]+)*")


def _known_mailbox(text: str) -> str:
    if parse_mailbox(text) is None:
        raise wrong("must be a mail address: name@example.org, or Name <name@example.org>")
    return text


def _known_recipient(text: str) -> str:
    path = text.removeprefix(PATH_PREFIX)
    if path == text:
        return _known_mailbox(text)
    return f"{PATH_PREFIX}{_key_path(path)}"


def _key_path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise wrong("must be keys of the metadata file with dots between them, such as User.Email")
    return text


MailboxText = Annotated[Text, AfterValidator(_known_mailbox)]
Recipient = Annotated[Text, AfterValidator(_known_recipient)]
KeyPath = Annotated[Text, AfterValidator(_key_path)]
Domain = Annotated[Text, Form(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", "a domain, such as example.org")]
Host = Annotated[Text, Form(r"[A-Za-z0-9.:_-]{1,253}", "a host's name or address")]


class UserMail(Section):
    """The mail to those whose data it is, when a dataset's link is ready; it is sent once."""

    to: tuple[Recipient, ...] = Field(
        default=("metadata:User.Email",),
        description="To whom: addresses, or `metadata:` and the way to an address, or to a list of them, in the"
        " metadata file.",
    )
    cc: tuple[Recipient, ...] = Field(default=(), description="Who gets a copy that all see.")
    bcc: tuple[Recipient, ...] = Field(default=(), description="Who gets a copy that nobody sees.")
    only_if: KeyPath | None = Field(
        default="NotifyCompletion",
        description="The way to a value in the metadata file that must be `true` or `yes` for the mail to be sent."
        " `null`: it is always sent.",
    )
    include_invite_token: YesNo = Field(
        default=True,
        description="Whether the invite token is in the mail. Mails are kept and passed on; without it they say that it"
        " stands in the metadata file.",
    )
    allowed_domains: tuple[Domain, ...] = Field(
        default=(),
        description="Addresses from metadata files count only in these domains and those below them. Empty: in any.",
    )
    most_recipients: Annotated[Whole, Field(ge=1, le=100)] = Field(
        default=10, description="How many addresses from one metadata file are written to at most."
    )


class OperatorMail(Section):
    """The mails to operators: datasets that are blocked, services that stay down, and the end of either."""

    to: tuple[MailboxText, ...] = Field(default=(), description="To whom. Empty: no such mail is sent.")
    language: Annotated[Text, Form(r"[a-z]{2,3}", "a code such as en or cs")] | None = Field(
        default=None, description="In which language. `null`: as the mails to users."
    )


class Mail(Section):
    """Mail to users and operators."""

    server: Host = Field(description="The mail server that takes our mail.", examples=["smtp.example.org"])
    security: Literal["starttls", "ssl", "none"] = Field(
        default="starttls",
        description="`starttls`: encrypted after a greeting. `ssl`: encrypted from the beginning. `none`: not at all,"
        " for a server on this machine only.",
    )
    port: Annotated[Whole, Field(ge=1, le=65_535)] | None = Field(
        default=None, description="The server's port. `null`: 587 for `starttls`, 465 for `ssl`, 25 for `none`."
    )
    user: Text | None = Field(default=None, description="The name to log in with. `null`: no login.")
    password: Secret | None = Field(
        default=None, description="The password to it. The forms of a secret are at `onedata.zone.token`."
    )
    ca_bundle: ReadableFile | None = Field(
        default=None,
        description="A PEM file of certificate authorities, where the mail server uses a private one. `null`: the"
        " public ones.",
    )
    sender: MailboxText = Field(
        description="From whom our mails are.", examples=["Cryo-EM core facility <spacecast@example.org>"]
    )
    reply_to: MailboxText | None = Field(default=None, description="Where answers go. `null`: to the sender.")
    language: Annotated[Text, Form(r"[a-z]{2,3}", "a code such as en or cs")] = Field(
        default="en",
        description="In which language. `en` and `cs` come with Spacecast; others by files of your own in `templates`.",
    )
    templates: ReadableFolder | None = Field(
        default=None,
        description="A folder with templates of your own (Jinja2), such as `ready.en.txt` and `ready.en.html`; what is"
        " not in it is taken from Spacecast's.",
    )
    users: UserMail = Field(default_factory=UserMail)
    operators: OperatorMail = Field(default_factory=OperatorMail)

    @property
    def port_number(self) -> int:
        """The port, the usual one where none is given."""
        return self.port or PORTS[self.security]

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise wrong("and password are needed together, or neither of them", "user")
        if self.security == "none" and not is_loopback(self.server):
            raise wrong(
                f"none would send mails, and with them invite tokens, to {self.server} in clear text: use starttls or"
                " ssl",
                "security",
            )
        return self
