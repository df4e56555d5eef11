"""The YAML config: models, loading, secrets. What an operator decides, checked before anything is done with it."""

from spacecast.config.loading import default_path, load
from spacecast.config.mail_addresses import Mailbox, parse_mailbox
from spacecast.config.mail_section import PATH_PREFIX, Mail, OperatorMail, UserMail
from spacecast.config.metadata_section import BlockNames, Metadata
from spacecast.config.models import Config
from spacecast.config.monitoring_section import Monitoring, Port
from spacecast.config.naming import Names
from spacecast.config.notify_section import ALL_KINDS, Notify, Webhook
from spacecast.config.onedata_section import (
    Invite,
    Onedata,
    Provider,
    Share,
    StorageImport,
    Waits,
    Zone,
)
from spacecast.config.paths import fixed_part, is_pattern, map_path
from spacecast.config.problems import ConfigError, Problem
from spacecast.config.running_sections import Limits, Log
from spacecast.config.secret import Secret
from spacecast.config.secret_sources import SecretUnreadable
from spacecast.config.tiled_section import Tiled
from spacecast.config.units import format_duration, format_size, parse_duration, parse_size
from spacecast.config.watch_section import Watch

__all__ = [
    "ALL_KINDS",
    "PATH_PREFIX",
    "BlockNames",
    "Config",
    "ConfigError",
    "Invite",
    "Limits",
    "Log",
    "Mail",
    "Mailbox",
    "Metadata",
    "Monitoring",
    "Names",
    "Notify",
    "Onedata",
    "OperatorMail",
    "Port",
    "Problem",
    "Provider",
    "Secret",
    "SecretUnreadable",
    "Share",
    "StorageImport",
    "Tiled",
    "UserMail",
    "Waits",
    "Watch",
    "Webhook",
    "Zone",
    "default_path",
    "fixed_part",
    "format_duration",
    "format_size",
    "is_pattern",
    "load",
    "map_path",
    "parse_duration",
    "parse_mailbox",
    "parse_size",
]
