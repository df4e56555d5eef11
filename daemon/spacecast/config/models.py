"""The whole config as one model: the only source of the sample, the JSON schema and the reference page."""

import re
from collections.abc import Iterable
from pathlib import Path
from socket import gethostname
from typing import Annotated, Self
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from spacecast.config.metadata_section import Metadata
from spacecast.config.monitoring_section import Monitoring
from spacecast.config.notify_section import Notify
from spacecast.config.onedata_section import Onedata
from spacecast.config.paths import OwnFolder, is_pattern
from spacecast.config.running_sections import Limits, Log
from spacecast.config.secret import Secret
from spacecast.config.section import Section, Text
from spacecast.config.tiled_section import Tiled
from spacecast.config.watch_section import Watch
from spacecast.config.wrong import Form, wrong
from spacecast.secrecy import without_secrets

LEDGER_FILE = "ledger.sqlite"


def _ledger_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        raise wrong("is not an address: host or port cannot be read") from None
    if parts.scheme != "postgresql" or not parts.path.strip("/"):
        raise wrong("must be postgresql://USER@HOST/DATABASE, or null for SQLite in state_folder")
    if password is not None or "password=" in parts.query:
        raise wrong("must not hold the password: put it into a file and name that under ledger_password")
    return url


_UNUSABLE = re.compile(r"[^A-Za-z0-9._:/@+-]")
Instance = Annotated[Text, Form(r"[A-Za-z0-9._:/@+-]{1,200}", "1 to 200 letters, digits or characters ._:/@+-")]
DatabaseUrl = Annotated[
    Text, AfterValidator(_ledger_url), WithJsonSchema({"type": "string", "pattern": "^postgresql://"})
]


class Config(Section):
    """Everything that an operator decides."""

    facility: Annotated[Text, Field(min_length=1)] = Field(
        description="The facility's name, as it appears on public pages.", examples=["CEMCOF, CEITEC MU"]
    )
    instance: Instance | None = Field(
        default=None,
        description="What this Spacecast calls itself in what it makes, so that another one with a ledger of its own"
        " leaves that alone. `null`: host and state folder, or the address of `ledger`. Give it the name of an earlier"
        " one to take over what that has published.",
        examples=["spacecast-1.example.org:/var/lib/spacecast"],
    )
    state_folder: OwnFolder = Field(
        default=Path("/var/lib/spacecast"),
        description="Where the daemon keeps its ledger. Local disk, not below a watched folder; belongs"
        " into the backup.",
    )
    ledger: DatabaseUrl | None = Field(
        default=None,
        description="The ledger's database. `null`: SQLite in `state_folder`."
        " `postgresql://USER@HOST/DATABASE` where several hosts publish from one file system.",
    )
    ledger_password: Secret | None = Field(
        default=None,
        description="The password of the ledger's database, if it needs one. The forms of a secret are at"
        " `onedata.zone.token`.",
    )
    watch: tuple[Watch, ...] = Field(min_length=1, description="Where datasets are looked for; any number of items.")
    metadata: Metadata
    onedata: Onedata
    tiled: Tiled | None = Field(default=None, description="`null`: nothing is registered with Tiled.")
    notify: Notify = Field(default_factory=Notify)
    limits: Limits = Field(default_factory=Limits)
    log: Log = Field(default_factory=Log)
    monitoring: Monitoring = Field(default_factory=Monitoring)

    @property
    def ledger_url(self) -> str:
        """The ledger's address for SQLAlchemy, without the password."""
        if self.ledger is None:
            return f"sqlite:///{quote(str(self.state_folder / LEDGER_FILE), safe='/')}"
        return self.ledger.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def ledger_file(self) -> Path | None:
        """The file with the ledger, None where that is on a database server."""
        return self.state_folder / LEDGER_FILE if self.ledger is None else None

    @property
    def instance_name(self) -> str:
        """What this Spacecast calls itself in what it makes: by default what its ledger cannot share with another's."""
        return self.instance or _UNUSABLE.sub("_", self.ledger or f"{gethostname()}:{self.state_folder}")

    def secrets(self) -> tuple[Secret, ...]:
        """Give every secret, for whatever must be searched for them."""
        found = [self.onedata.zone.token, self.onedata.provider.token]
        found += [self.tiled.api_key] if self.tiled else []
        found += [self.ledger_password] if self.ledger_password else []
        found += [hook.secret for hook in self.notify.webhooks]
        found += [self.notify.mail.password] if self.notify.mail and self.notify.mail.password else []
        return tuple(found)

    def given_secrets(self) -> tuple[str, ...]:
        """Give the values of all secrets that were used so far; they are taken out of what other services say."""
        return tuple(value for secret in self.secrets() for value in secret.given())

    def without_secrets(self, text: str) -> str:
        """Give a text fit to be written down and shown: what a service has echoed of our requests is taken out."""
        return without_secrets(text, self.given_secrets())

    def hide_also(self, values: Iterable[str]) -> None:
        """Have these values, of an earlier config say, among the given secrets."""
        self.onedata.zone.token.hide_also(values)

    @model_validator(mode="after")
    def _check_folders(self) -> Self:
        folders = [watch.folder for watch in self.watch]
        for index, folder in enumerate(folders):
            if folder in folders[:index]:
                raise wrong(f"is the same as watch[{folders.index(folder)}].folder", "watch", index, "folder")
            if not is_pattern(folder) and self.state_folder.is_relative_to(folder):
                raise wrong(f"lies in the watched folder {folder}: keep the ledger elsewhere", "state_folder")
        return self

    @model_validator(mode="after")
    def _check_ledger(self) -> Self:
        if self.ledger_password is not None and self.ledger is None:
            raise wrong("is given, but ledger is not: SQLite has no password", "ledger_password")
        return self
