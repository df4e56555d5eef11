"""Coming from fs2od: its config as one of Spacecast, with what became of every key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spacecast.config.document import read_document
from spacecast.config.fs2od.account import Account, Entry, Outcome
from spacecast.config.fs2od.draft import Draft
from spacecast.config.fs2od.tables import LANGUAGES
from spacecast.config.fs2od.templates import SHARE_TEMPLATE, languages_in, translate_templates
from spacecast.config.fs2od.translating import Folders, translate
from spacecast.config.models import Config
from spacecast.config.problems import ConfigError, Problem
from spacecast.config.surroundings import Surroundings
from spacecast.config.validation import validate

__all__ = ["Entry", "Folders", "Migration", "Outcome", "migrate"]

_HEAD = """\
# Made from a config of fs2od. What has no equivalent is in the table that was printed with it.
# Look through what says TO DO, then: spacecast check --config THIS-FILE

"""


@dataclass(frozen=True)
class Migration:
    """The new config as text, the secrets that it names files for, and the account of the old one."""

    text: str
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    """What is still wrong with the new config, whatever the machine."""
    secrets: Mapping[str, str] = field(repr=False)
    """By the name of the file."""
    templates: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The new templates by file name."""


def migrate(
    path: Path,
    data: bytes,
    *,
    secrets_folder: str,
    folders: Folders | None = None,
    templates: Mapping[str, str] | None = None,
    templates_folder: str = "",
) -> Migration:
    """Translate the config of fs2od in `data`; raises ConfigError where it cannot be read, or is none.

    `folders` says where folders are on this machine that fs2od has seen elsewhere, in a container say; `templates` are
    its templates by file name, and `templates_folder` is where the new ones will be.
    """
    document = read_document(data)
    if document.problems or not isinstance(document.values, dict):
        raise ConfigError(path, document.problems or [Problem(1, (), "is no config of fs2od: it has no keys")])
    if "watchedDirectories" not in document.values:
        raise ConfigError(path, [Problem(1, (), "is no config of fs2od: it has no watchedDirectories")])
    account, draft = Account(document), Draft(secrets_folder)
    new_templates, of_templates = translate_templates(templates or {})
    translate(account, draft, folders or {}, frozenset(LANGUAGES) | languages_in(new_templates))
    _name_templates(draft, new_templates, templates_folder)
    text = _HEAD + draft.text()
    entries = (*account.entries(), *of_templates)
    return Migration(text, entries, _problems_of(text), draft.secrets, new_templates)


def _name_templates(draft: Draft, templates: Mapping[str, str], folder: str) -> None:
    if languages_in(templates) and "notify" in draft.values:
        draft.set(folder, "notify", "mail", "templates")
    if SHARE_TEMPLATE in templates:
        draft.set(f"{folder}/{SHARE_TEMPLATE}", "onedata", "share", "description")


def _problems_of(text: str) -> tuple[Problem, ...]:
    config, problems = validate(read_document(text.encode()), Surroundings({}, check_machine=False))
    return () if isinstance(config, Config) else tuple(problems)
