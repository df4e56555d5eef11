"""A secret of the config: read from its place when needed, never shown."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from spacecast.config.secret_mapping import SecretMapping, source_of
from spacecast.config.secret_sources import (
    SecretKind,
    SecretUnreadable,
    SecretVersion,
    credential_path,
    read_secret_file,
    read_secret_variable,
    version_of,
)
from spacecast.config.surroundings import surroundings_of
from spacecast.config.wrong import wrong


class Secret:
    """A token or key that knows where it is kept.

    `reveal` gives the value; a file is read again when it has changed, so a rotated token is used at once.
    Every other view of it (repr, str, pickle, JSON) names the place and never the value.
    """

    __slots__ = ("_environ", "_given", "_known", "kind", "place")

    def __init__(self, kind: SecretKind, place: str, environ: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        self.place = place
        self._environ = os.environ if environ is None else environ
        self._known: tuple[SecretVersion, str] | None = None
        self._given: tuple[str, ...] = ()

    def reveal(self) -> str:
        """Give the value, without surrounding white space.

        Raises SecretUnreadable when it is not there, is empty, or stands in a file that others can read.
        """
        value = self._value()
        if value not in self._given:
            # One assignment of a finished tuple: threads see the old one or the new one.
            self._given = (*self._given, value)
        return value

    def given(self) -> tuple[str, ...]:
        """Give every value that was revealed so far, rotated ones too: what others may have got to know and echo."""
        return self._given

    def hide_also(self, values: Iterable[str]) -> None:
        """Count these among what was given: what the same secret was before the config was read anew."""
        self._given = tuple(dict.fromkeys((*self._given, *values)))

    def _value(self) -> str:
        if self.kind == "env":
            return read_secret_variable(self.place, self._environ)
        known = self._known
        if known is None or known[0] != self.version():
            # One assignment of a finished pair: threads see the old one or the new one.
            self._known = known = read_secret_file(self._path(), private=self.kind == "file")
        return known[1]

    def version(self) -> SecretVersion | None:
        """Give what changes when the file changes, to notice a rotation; None for a variable or where no file is."""
        if self.kind == "env":
            return None
        try:
            return version_of(self._path().stat())
        except (OSError, SecretUnreadable):
            return None

    def _path(self) -> Path:
        return credential_path(self.place, self._environ) if self.kind == "credential" else Path(self.place)

    def __repr__(self) -> str:
        return f"<secret from {self.kind} {self.place}>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.kind, self.place) == (other.kind, other.place)

    def __hash__(self) -> int:
        return hash((self.kind, self.place))

    def __reduce__(self) -> tuple[type["Secret"], tuple[SecretKind, str]]:
        return Secret, (self.kind, self.place)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(
            cls._validate,
            handler.generate_schema(SecretMapping),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda secret: {secret.kind: secret.place}),
        )

    @classmethod
    def _validate(cls, value: Any, to_mapping: Callable[[Any], SecretMapping], info: ValidationInfo) -> "Secret":
        if isinstance(value, cls):
            return value
        if isinstance(value, (str, int, float, bytes)):
            raise wrong(
                "the secret itself must not stand in the config. Say where it is kept:"
                " {file: /absolute/path}, {env: VARIABLE} or {credential: NAME};"
                " and replace the secret if others can read this file"
            )
        surroundings = surroundings_of(info)
        secret = cls(*source_of(to_mapping(value)), environ=surroundings.environ)
        if surroundings.check_machine:
            secret._check()
        return secret

    def _check(self) -> None:
        try:
            self.reveal()
        except SecretUnreadable as fault:
            raise wrong(str(fault)) from None
