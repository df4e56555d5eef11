"""The zone as a provider sees it: a moment late, and frozen while the two are not connected."""

import math
from collections.abc import Iterator

from spacecast.sandbox.onedata.entities import Space, Support
from spacecast.sandbox.onedata.members import NOW
from spacecast.sandbox.onedata.state import ProviderState, State


class ProviderView:
    """What one provider knows at this moment."""

    def __init__(self, state: State, provider: ProviderState) -> None:
        self._state = state
        self._provider = provider
        delay = state.delays.propagation_seconds
        self._at = state.clock() - delay if delay > 0 else NOW
        if provider.cut_off_since is not None:
            self._at = min(self._at, provider.cut_off_since)

    def space(self, space_id: str) -> Space | None:
        """Give a space, also one that was deleted a moment ago."""
        space = self._state.spaces.get(space_id)
        if space is not None:
            return space
        for deleted in self._state.deleted_spaces:
            if deleted.id == space_id and deleted.deleted > self._at:
                return deleted
        return None

    def support(self, space_id: str) -> Support | None:
        """Give the support of a space by this provider, as far as it has become known."""
        support = self._state.supports.get((self._provider.id, space_id))
        if support is not None and support.since <= self._at:
            return support
        for ended in self._state.ended_supports:
            if (ended.provider_id, ended.space_id) == (self._provider.id, space_id) and self._holds(ended):
                return ended
        return None

    def supported_spaces(self) -> Iterator[Space]:
        """Give the spaces that this provider knows to support."""
        ended = [support for support in self._state.ended_supports if self._holds(support)]
        for support in [*self._state.supports_by_provider(self._provider.id), *ended]:
            space = self.space(support.space_id) if support.provider_id == self._provider.id else None
            if space is not None and support.since <= self._at:
                yield space

    def privileges(self, space: Space, user_id: str) -> frozenset[str] | None:
        """Give a user's effective privileges in a space; None for somebody who is not known as a member."""
        return self._state.space_privileges(space, user_id, self._at)

    def supports_some_space_of(self, user_id: str) -> bool:
        """Tell whether the user belongs to a space that is supported here."""
        return any(self.privileges(space, user_id) is not None for space in self.supported_spaces())

    def spaces_of(self, user_id: str) -> Iterator[Space]:
        """Give the spaces of a user, wherever they are supported."""
        for space in list(self._state.spaces.values()):
            if self.privileges(space, user_id) is not None:
                yield space

    def _holds(self, support: Support) -> bool:
        return support.since <= self._at and self._at < support.until < math.inf
