"""How the daemon is, for programs and people on this machine: health, metrics, a status page; read only."""

from spacecast.service.monitoring.running import monitored

__all__ = ["monitored"]
