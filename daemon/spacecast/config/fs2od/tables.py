"""The keys of fs2od that need no translation, with the reason, and the values of those that are words."""

from spacecast.config.fs2od.account import Outcome

_NOT_NEEDED, _NOT_SUPPORTED = Outcome.NOT_NEEDED, Outcome.NOT_SUPPORTED

_NEVER_REMOVED = "nothing is ever removed by a clock, and no data at all"
_REPLICAS = "other providers that support a space keep doing so; to support new spaces by more than one is not done yet"

FIXED: dict[tuple[str, ...], tuple[Outcome, str]] = {
    ("sleepFactor",): (_NOT_NEEDED, "nothing sleeps; what has to be true is awaited"),
    ("initialPOSIXlikePermissions",): (_NOT_NEEDED, "the files' permissions on disk are those in Onedata"),
    ("serviceUserId",): (_NOT_NEEDED, "the token says whose it is"),
    ("importMetadata",): (_NOT_SUPPORTED, "what the metadata file says goes to Tiled, see the section tiled"),
    ("parseMetadataToShare",): (
        _NOT_SUPPORTED,
        "the public page has a text from a template, onedata.share.description, without what the metadata file says",
    ),
    ("dareg",): (_NOT_SUPPORTED, "a webhook (notify.webhooks) tells a register of datasets; the token is not copied"),
    ("dataReplication", "enabled"): (_NOT_SUPPORTED, _REPLICAS),
    ("dataReplication", "numberOfReplicas"): (_NOT_SUPPORTED, _REPLICAS),
    ("dataReplication", "timeUntilRemoved"): (_NOT_NEEDED, _NEVER_REMOVED),
    ("dataReplication", "removeFromFilesystem"): (_NOT_NEEDED, _NEVER_REMOVED),
    ("messaging", "email", "timeBeforeAction"): (_NOT_NEEDED, _NEVER_REMOVED),
}
"""By path; what is below belongs to it."""

TAGS = {"onezone": "Onezone", "space": "Space", "publicURL": "PublicURL", "inviteToken": "InviteToken"}
"""The names of the values in the block that Spacecast writes, too."""
OWN_TAGS = ("deniedProviders", "removingTime", "lastEmailSent", "lastProgramRun")
"""The names of values that fs2od kept for itself."""

LOG_LEVELS = {0: "error", 1: "error", 2: "warning", 3: "info", 4: "debug", 5: "debug"}
EARLIER_LOG_LEVELS = {0: "error", 1: "info", 2: "debug", 3: "debug"}
ENCRYPTIONS = {"SSL": "ssl", "TLS": "ssl", "STARTTLS": "starttls", "STRATTLS": "starttls", "ANY": "starttls"}
LANGUAGES = ("en", "cs")
