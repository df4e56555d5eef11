"""From a config of fs2od, of any of its releases, to one of Spacecast; every key is accounted for."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from spacecast.config.fs2od.account import Account, Outcome
from spacecast.config.fs2od.draft import Draft
from spacecast.config.fs2od.mailing import translate_mail
from spacecast.config.fs2od.tables import EARLIER_LOG_LEVELS, FIXED, LOG_LEVELS, OWN_TAGS, TAGS
from spacecast.config.units import format_duration, format_size

Folders = dict[PurePosixPath, PurePosixPath]
"""Where folders are on this machine, by where fs2od has seen them."""


def translate(account: Account, draft: Draft, folders: Folders, languages: frozenset[str]) -> None:
    """Put everything that the account holds into the draft, and mark what became of it.

    `languages` are those in which there are texts for mails.
    """
    for path, (outcome, note) in FIXED.items():
        account.mark(outcome, note, *path)
    if account.value("dataReplication", "enabled") is False:
        for key in ("enabled", "numberOfReplicas"):
            account.mark(Outcome.NOT_NEEDED, "it was switched off", "dataReplication", key)
    _facility(account, draft)
    _watch(account, draft, folders)
    _metadata(account, draft)
    _services(account, draft)
    _figures(account, draft, folders)
    _import(account, draft)
    _names(account, draft)
    draft.set(None, "tiled", comment="Fill in to have datasets registered with Tiled: see docs/operators.md.")
    translate_mail(account, draft, languages)
    _log(account, draft)


def _facility(account: Account, draft: Draft) -> None:
    if account.has("institutionName"):
        draft.set(str(account.value("institutionName")), "facility")
        account.mark(Outcome.TRANSLATED, "facility", "institutionName")
    else:
        draft.set("Name of the facility", "facility", comment="TO DO: as it is to appear on public pages.")
        account.mark(Outcome.BY_HAND, "facility: fill it in", "institutionName")


def _watch(account: Account, draft: Draft, folders: Folders) -> None:
    listed = account.value("watchedDirectories")
    watched = [_here(PurePosixPath(str(item)), folders) for item in listed] if isinstance(listed, list) else []
    draft.set([{"folder": str(folder)} for folder in watched], "watch")
    account.mark(Outcome.TRANSLATED, "watch", "watchedDirectories")


def _here(folder: PurePosixPath, folders: Folders) -> PurePosixPath:
    for there, here in sorted(folders.items(), key=lambda pair: -len(pair[0].parts)):
        if folder.is_relative_to(there):
            return here / folder.relative_to(there)
    return folder


# ------------------------------------------------------------------------------------------------ the metadata file


def _metadata(account: Account, draft: Draft) -> None:
    files = account.value("metadataFiles")
    if isinstance(files, list) and files:
        draft.set([str(name) for name in files], "metadata", "files")
        account.mark(Outcome.TRANSLATED, "metadata.files", "metadataFiles")
    else:
        draft.set(["SPA.yml"], "metadata", "files", comment="TO DO: the old config does not say how they are called.")
    for section in ("metadataFileTags", "metadataFile"):
        _tags(account, draft, section)
    _separate_file(account, draft)


def _tags(account: Account, draft: Draft, section: str) -> None:
    block = account.value(section, "onedata")
    if block:
        draft.set(str(block), "metadata", "block_names", "onedata")
        account.mark(Outcome.TRANSLATED, "metadata.block_names.onedata", section, "onedata")
    for tag, name in TAGS.items():
        if account.value(section, tag) in (None, name):
            account.mark(Outcome.NOT_NEEDED, f"it is called {name} here, too", section, tag)
        else:
            note = f"it is always called {name}: rename it in the metadata files, or they are published anew"
            account.mark(Outcome.NOT_SUPPORTED, note, section, tag)
            draft.say(f"TO DO: {section}.{tag} is not {name}; see the table.", "metadata")
    for tag in OWN_TAGS:
        account.mark(Outcome.NOT_NEEDED, "the ledger remembers; what stands in the files stays there", section, tag)


def _separate_file(account: Account, draft: Draft) -> None:
    section = "fs2odMetadataFile"
    account.mark(Outcome.NOT_NEEDED, "the block stands in the metadata file", section)
    name = account.value(section, "filename")
    if account.value(section, "enabled") is True and account.value(section, "storeAccessInfo") is not False and name:
        comment = "Its block is read; the new one is written into the metadata file."
        draft.set(str(name), "metadata", "earlier_file", comment=comment)
        for key in ("enabled", "filename", "storeAccessInfo"):
            account.mark(Outcome.TRANSLATED, "metadata.earlier_file", section, key)


# ---------------------------------------------------------------------------------------------- services and rights


def _services(account: Account, draft: Draft) -> None:
    zone = ("restAccess", "onezone") if account.has("restAccess") else ("onezone",)
    _service(account, draft, zone, "zone", "zone.token")
    if account.has("restAccess"):
        _primary_provider(account, draft)
        return
    _service(account, draft, ("oneprovider",), "provider", "provider.token")
    if account.has("onepanel", "host"):
        draft.set(_address(account.value("onepanel", "host")), "onedata", "provider", "panel_url")
        account.mark(Outcome.TRANSLATED, "onedata.provider.panel_url", "onepanel", "host")
        note = "one token is used for provider and panel: it must be good for both"
        account.mark(Outcome.BY_HAND, note, "onepanel", "apiToken")


def _service(account: Account, draft: Draft, path: tuple[str | int, ...], name: str, secret: str) -> None:
    draft.set(_address(account.value(*path, "host")), "onedata", name, "url")
    account.mark(Outcome.TRANSLATED, f"onedata.{name}.url", *path, "host")
    draft.set_secret(secret, account.value(*path, "apiToken"), "onedata", name, "token")
    if account.has(*path, "apiToken"):
        account.mark(Outcome.TRANSLATED, f"onedata.{name}.token, in a file", *path, "apiToken")
    else:
        account.mark(
            Outcome.BY_HAND, f"onedata.{name}.token: it was empty, put a token into the file", *path, "apiToken"
        )


def _primary_provider(account: Account, draft: Draft) -> None:
    providers = account.value("restAccess", "oneproviders")
    number = len(providers) if isinstance(providers, list) else 0
    primary = next((at for at in range(number) if account.value("restAccess", "oneproviders", at, "isPrimary")), 0)
    for at in range(number):
        note = "only the provider that has the files is needed; the others keep what they have"
        account.mark(Outcome.NOT_SUPPORTED, note, "restAccess", "oneproviders", at)
    path = ("restAccess", "oneproviders", primary)
    _service(account, draft, path, "provider", "provider.token")
    account.mark(Outcome.TRANSLATED, "onedata.provider", *path, "isPrimary")


def _address(host: Any) -> str:
    text = str(host or "").strip()
    return text if "://" in text or not text else f"https://{text}"


def _figures(account: Account, draft: Draft, folders: Folders) -> None:
    _copy(account, draft, ("managerGroupId",), ("onedata", "manager_group"), str)
    for key in ("userGroupId", "initialGroupId"):
        _copy(account, draft, (key,), ("onedata", "user_group"), str)
    _copy(account, draft, ("implicitSpaceSize",), ("onedata", "space_size"), lambda size: format_size(int(size)))
    if folders:
        seen = {str(here): str(there) for there, here in folders.items()}
        comment = "fs2od and the provider have seen these folders elsewhere. Empty, if the provider sees them as we do."
        draft.set(seen, "onedata", "mount_points", comment=comment)


def _import(account: Account, draft: Draft) -> None:
    section, target = "continousFileImport", ("onedata", "storage_import")
    _copy(account, draft, (section, "runningFileName"), ("metadata", "running_file"), str)
    if account.value(section, "enabled") is False:
        note = "a running file always means that files are imported as they come; let no instrument write it"
        account.mark(Outcome.NOT_SUPPORTED, note, section, "enabled")
    else:
        account.mark(Outcome.NOT_NEEDED, "it is always so while the running file is there", section, "enabled")
    _copy(account, draft, (section, "scanInterval"), (*target, "continuous_scan_interval"), _seconds)
    _copy(account, draft, (section, "detectModifications"), (*target, "detect_modifications"), bool)
    _copy(account, draft, (section, "detectDeletions"), (*target, "detect_deletions"), bool)


def _seconds(number: Any) -> str:
    return format_duration(float(number))


def _names(account: Account, draft: Draft) -> None:
    """Put the two prefixes together as they stood in names: that of the test mode first."""
    is_test = account.value("testMode") is True
    test_prefix = str(account.value("testModePrefix") or "") if is_test else ""
    prefix = test_prefix + str(account.value("datasetPrefix") or "")
    account.mark(Outcome.TRANSLATED, "onedata.names.prefix", "datasetPrefix")
    outcome, note = (
        (Outcome.TRANSLATED, "onedata.names.prefix") if is_test else (Outcome.NOT_NEEDED, "the test mode was off")
    )
    account.mark(outcome, note, "testMode")
    account.mark(outcome, note, "testModePrefix")
    if prefix:
        draft.set(prefix, "onedata", "names", "prefix")


def _log(account: Account, draft: Draft) -> None:
    _copy(account, draft, ("verboseLevel",), ("log", "level"), lambda number: LOG_LEVELS.get(number, "info"))
    _copy(account, draft, ("debug",), ("log", "level"), lambda number: EARLIER_LOG_LEVELS.get(number, "info"))


def _copy(
    account: Account,
    draft: Draft,
    source: tuple[str, ...],
    target: tuple[str, ...],
    convert: Callable[[Any], Any],
) -> None:
    """Translate one value; what is empty stays at its default, and what cannot be read is left to a person."""
    new = ".".join(target)
    if not account.has(*source):
        account.mark(Outcome.NOT_NEEDED, f"it was empty; {new} has its default", *source)
        return
    try:
        draft.set(convert(account.value(*source)), *target)
    except (TypeError, ValueError):
        account.mark(Outcome.BY_HAND, f"{new}: the old value makes no sense, fill it in", *source)
        draft.say(f"TO DO: {'.'.join(source)} makes no sense; fill in {new}.", target[0])
    else:
        account.mark(Outcome.TRANSLATED, new, *source)
