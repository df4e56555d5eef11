"""What the daemon says: one line per change, for people, as JSON or as fields of the journal; without secrets."""

from spacecast.service.log.cleaning import printable
from spacecast.service.log.setting_up import configure, set_up, tell_repeats, toggle_debug

__all__ = ["configure", "printable", "set_up", "tell_repeats", "toggle_debug"]
