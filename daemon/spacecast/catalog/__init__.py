"""Registration with Tiled by plain HTTP: what a dataset's folder holds becomes entries that Python can read."""

from spacecast.catalog.ahead import Ahead, reserve
from spacecast.catalog.block import BLOCK, SPEC
from spacecast.catalog.client import CatalogClient, EntryPath, ServerInfo
from spacecast.catalog.containers import mark
from spacecast.catalog.entries import Entry, NewEntry, Source
from spacecast.catalog.faults import (
    AlreadyThere,
    CatalogFault,
    Conflict,
    Failed,
    Forbidden,
    Gone,
    NoAdapter,
    Overtaken,
    Refused,
    Unauthorized,
    Unavailable,
)
from spacecast.catalog.inventory import Inventory
from spacecast.catalog.inventory_file import open_inventory
from spacecast.catalog.plan import FILES, Plan, PlannedEntry, Remark
from spacecast.catalog.planning import FoundFile, build_plan, renew_plan
from spacecast.catalog.reading import Obstacle
from spacecast.catalog.register import register
from spacecast.catalog.registered import Registered
from spacecast.catalog.tagging import give_access_tags

__all__ = [
    "BLOCK",
    "FILES",
    "SPEC",
    "Ahead",
    "AlreadyThere",
    "CatalogClient",
    "CatalogFault",
    "Conflict",
    "Entry",
    "EntryPath",
    "Failed",
    "Forbidden",
    "FoundFile",
    "Gone",
    "Inventory",
    "NewEntry",
    "NoAdapter",
    "Obstacle",
    "Overtaken",
    "Plan",
    "PlannedEntry",
    "Refused",
    "Registered",
    "Remark",
    "ServerInfo",
    "Source",
    "Unauthorized",
    "Unavailable",
    "build_plan",
    "give_access_tags",
    "mark",
    "open_inventory",
    "register",
    "renew_plan",
    "reserve",
]
