"""The files that make Spacecast a service of systemd, written for one config and never over somebody's changes."""

from spacecast.service.installing.plan import Plan, PlannedFile, Standing, planned
from spacecast.service.installing.wishes import Wishes

__all__ = ["Plan", "PlannedFile", "Standing", "Wishes", "planned"]
