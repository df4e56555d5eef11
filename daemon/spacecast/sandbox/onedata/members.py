"""Memberships that remember since when and until when, so that a provider can see the zone as it was a moment ago."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NOW = math.inf
"""The present, for every question about a time."""

_REMEMBERED_SECONDS = 120.0


@dataclass
class Membership:
    """One member with its privileges, for a stretch of time."""

    privileges: frozenset[str]
    since: float
    until: float = math.inf

    def holds(self, at: float) -> bool:
        """Tell whether the membership exists at a time."""
        return self.since <= at and (self.until > at or self.until == math.inf)


class Members:
    """The members of a space, group or cluster."""

    def __init__(self) -> None:
        self._held: dict[str, list[Membership]] = {}

    def add(self, member_id: str, privileges: Iterable[str], at: float) -> None:
        """Make a member, or change the privileges of one."""
        self.remove(member_id, at)
        self._held.setdefault(member_id, []).append(Membership(frozenset(privileges), at))

    def remove(self, member_id: str, at: float) -> None:
        """End a membership if there is one, and forget those that ended long ago."""
        memberships = self._held.get(member_id, [])
        for membership in memberships:
            membership.until = min(membership.until, at)
        kept = [membership for membership in memberships if membership.until > at - _REMEMBERED_SECONDS]
        if kept:
            self._held[member_id] = kept
        else:
            self._held.pop(member_id, None)

    def privileges(self, member_id: str, at: float = NOW) -> frozenset[str] | None:
        """Give the privileges of a member; None for somebody who is none."""
        for membership in self._held.get(member_id, ()):
            if membership.holds(at):
                return membership.privileges
        return None

    def ids(self, at: float = NOW) -> Iterator[str]:
        """Give the members' ids."""
        for member_id in list(self._held):
            if self.privileges(member_id, at) is not None:
                yield member_id

    def __contains__(self, member_id: object) -> bool:
        return isinstance(member_id, str) and self.privileges(member_id) is not None
