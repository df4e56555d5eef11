"""Every kind of line that the daemon writes into its log, and the keys of one, with their meaning; and the page."""

from collections.abc import Iterator, Mapping

KEYS: Mapping[str, str] = {
    "dataset": "The folder's name.",
    "root": "The watched folder that it is in.",
    "stage": "`folder`, `link`, `import`, `catalog` or `withdraw`.",
    "step": "The step of the stage, such as `space` or `share`, where there is one.",
    "outcome": "`found`, `done`, `waiting`, `retrying`, `blocked`, `missing`, `moved`; of a step `done` or `failed`.",
    "seconds": "How long it took.",
    "next_try": "When it is tried again, in UTC; on a terminal the local time.",
    "reason": "Why, and what to do: for people.",
    "again": "How often the same fault came again, and in how long, since it was said last.",
}
"""Those that every line about a dataset has, in their order; what has no value is left out."""

EVENTS: Mapping[str, str] = {
    "started": "The daemon runs; `version`, and `watching` with the watched folders.",
    "stopping": "It was told to end.",
    "stopped with work in flight": "Not everything ended in time; the next start takes it up.",
    "stopped": "It has ended.",
    "dataset found": "A folder with a metadata file was seen for the first time.",
    "dataset blocked": "A folder cannot be published as it is; `reason` says what to do.",
    "dataset missing": "A folder or its metadata file is gone. What is published stays.",
    "dataset moved": "A published folder was found under another name, and goes on there; `before` is the old path.",
    "metadata file never at rest": "Something keeps writing the metadata file, so it is not read yet.",
    "stage done": "A stage of a dataset is done.",
    "stage waiting": "It waits for something that is not there yet, such as the content of the metadata file.",
    "stage retrying": "Something failed that passes by itself; `next_try` says when it is tried again.",
    "stage blocked": "Only a person can help; `reason` says how. It is looked at again by itself, too.",
    "stage waits for a service": "At `debug` only: the service's own line says why, once for all datasets.",
    "step ended": "At `debug` only: one step of a stage.",
    "catalog does not say why": "At `debug` only: Tiled did not take the reason for which a dataset is blocked.",
    "service unavailable": "Nothing is asked of `service` for now but whether it is well again.",
    "service available again": "It is; `seconds` says after how long. Everything goes on.",
    "trouble with folders": "A watched folder, a disk or a limit of the kernel; `kind`, `subject`, and what to do.",
    "ledger unusable": "The ledger could not be read or written; work waits and goes on by itself.",
    "ledger checked": "At `debug` only: what was left for after the start is sound, its history above all.",
    "new ledger": "There was none. What was published before is found again.",
    "ledger upgraded": "A new release has brought it to a new version; a copy is beside it.",
    "write-ahead log without a ledger set aside": "Somebody has removed its ledger; `file` is where it is.",
    "config taken over": "A reload has found a good config; `changed` names the keys.",
    "config refused": "A reload has found a bad one; `problems` lists what is wrong. The old one stays in use.",
    "config needs a restart": "`keys` cannot be changed while the daemon runs.",
    "orders taken up": "Commands of operators about so many `datasets`; what they are is in each one's history.",
    "looking again at everything that is not done": "A reload, with or without a changed config.",
    "access tags being given": "Other `tags` than before are in the config: all entries in the catalog get them.",
    "access tags not everywhere yet": "Something is in the way, of which `left` datasets tell; it is tried again.",
    "access tags given": "All have them, `entries` in this run.",
    "access tags are given again at the next start": "It could not be written down that all have them.",
    "log level changed": "By SIGUSR1; `now` is the new one.",
    "monitoring listens": "Health, metrics and the status page are there; `at` says where.",
    "monitoring cannot listen; it is tried again": "The port or socket cannot be had; `reason` says why.",
    "monitoring could not take a connection": "At `debug` only.",
    "notice": "A mail or a post to `channel`: `outcome` is `done`, `retrying`, `cancelled` or `given up`.",
    "notices given up": "Those that were on their way through a channel that the config has no more.",
    "channel does not work": "Nothing gets through `channel`; it is tried again by itself.",
    "channel works again": "What waited is on its way.",
    "unexpected error": "A fault of Spacecast, with its trace in `exception`. Please report it.",
}


def reference() -> str:
    """Return the reference page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Log reference"
    yield ""
    yield "What the daemon writes to standard error or to systemd's journal: one line for each change, as"
    yield "[`log.format`](config.md#log) wants it. In JSON the kind of line is `event`, its level `level`, its time"
    yield "`timestamp`; in the journal the fields are `SPACECAST_EVENT`, `SPACECAST_DATASET` and so on: faults by"
    yield "`journalctl -u spacecast -p warning`, a dataset by `journalctl -u spacecast SPACECAST_DATASET=NAME`."
    yield ""
    yield "A fault that repeats is said once and then counted: once an hour, and when it ends, a line says how often it"
    yield "came."
    yield ""
    yield "## Keys"
    yield ""
    yield from _table("Key", KEYS)
    yield ""
    yield "## Lines"
    yield ""
    yield from _table("Line", EVENTS)
    yield ""


def _table(heading: str, rows: Mapping[str, str]) -> Iterator[str]:
    yield f"| {heading} | Meaning |"
    yield "|---|---|"
    for name, meaning in rows.items():
        yield f"| `{name}` | {meaning} |"
