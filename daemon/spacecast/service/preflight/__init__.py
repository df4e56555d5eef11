"""The preflight: everything that can be known to be wrong before a dataset meets it, each with its remedy.

It asks and looks, and changes nothing, neither on this machine nor in the services.
"""

from spacecast.service.preflight.model import Finding, Outcome
from spacecast.service.preflight.running import Preflight

__all__ = ["Finding", "Outcome", "Preflight"]
