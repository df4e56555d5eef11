"""How the place of a secret is written in the config: exactly one of `file`, `env`, `credential`."""

from typing import Annotated

from pydantic import Field

from spacecast.config.paths import RemotePath
from spacecast.config.secret_sources import SecretKind
from spacecast.config.section import Section, Text
from spacecast.config.wrong import Form, wrong


class SecretMapping(Section):
    """Where a secret is kept; exactly one of the keys."""

    file: RemotePath | None = Field(
        default=None,
        description="A file that holds the secret alone and that others cannot read (mode 0600, or 0640"
        " with the service's group).",
    )
    env: Annotated[Text, Form(r"[A-Z_][A-Z0-9_]{0,62}", "the name of an environment variable, in capitals")] | None = (
        Field(default=None, description="The name of an environment variable of the daemon, in capitals.")
    )
    credential: (
        Annotated[
            Text,
            Form(
                r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "the name of a credential, at most 40 letters, digits, dots, dashes"
            ),
        ]
        | None
    ) = Field(default=None, description="The name of a systemd credential (`LoadCredential=` in the unit).")


def source_of(mapping: SecretMapping) -> tuple[SecretKind, str]:
    """Give the one kind and place that is named; none or several are an error."""
    named: list[tuple[SecretKind, str]] = []
    if mapping.file is not None:
        named.append(("file", str(mapping.file)))
    if mapping.env is not None:
        named.append(("env", mapping.env))
    if mapping.credential is not None:
        named.append(("credential", mapping.credential))
    if len(named) != 1:
        raise wrong("needs exactly one of the keys file, env, credential")
    return named[0]
