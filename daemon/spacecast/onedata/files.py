"""Lists what a provider has of a space, through the official client of Onedata's file interface.

It is the code that scientists use, so what it lists they can read. It speaks https only: a zone at `http://`, which
the config allows on loopback, is listed by our own client.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from onedatafilerestclient import OnedataFileRESTClient, OnedataRESTError
from onedatafilerestclient.errors import NoAvailableProviderForSpaceError, SpaceNotFoundError

from spacecast.onedata.errors import NotVisibleYet, OnedataFault, Unavailable
from spacecast.onedata.fields import Fields
from spacecast.onedata.identifiers import checked
from spacecast.onedata.messages import sentence
from spacecast.onedata.provider import ProviderClient
from spacecast.onedata.provider_facts import FileAttributes, Page, RemoteFile
from spacecast.onedata.refusals import kind_of, refusal_of
from spacecast.onedata.walk import walk

_TIMEOUTS_SECONDS = (5, 30)
_PAGE_FILES = 1000
_ATTRIBUTES = ["fileId", "name", "type", "size"]


def list_files(
    zone_url: str,
    token: Callable[[], str],
    *,
    space_id: str,
    space_name: str,
    provider: ProviderClient,
    ca_bundle: Path | None = None,
    preferred_provider: str | None = None,
) -> Iterator[RemoteFile]:
    """Give every regular file of a space with path and size, page by page, in no particular order.

    Listed at `preferred_provider` (id or domain) where it is named and available; `provider` lists where the zone is
    at `http://`. Raises NotVisibleYet while the zone or a provider does not know the space, and the other faults of
    the family.
    """
    checked(space_id, "space id")
    if urlsplit(zone_url).scheme != "https":
        return walk(space_id, lambda directory_id, page: provider.children(directory_id, page_token=page))
    client = _OfficialClient(zone_url, token(), f"{space_name}@{space_id}", ca_bundle, preferred_provider)
    return _closing_at_the_end(client, space_id)


def _closing_at_the_end(client: "_OfficialClient", space_id: str) -> Iterator[RemoteFile]:
    with client:
        yield from walk(space_id, client.page)


class _OfficialClient:
    """The official client on one space, with its errors made ours."""

    def __init__(
        self, zone_url: str, token: str, space: str, ca_bundle: Path | None, preferred_provider: str | None
    ) -> None:
        host = urlsplit(zone_url).netloc
        self._service = f"Onedata at {host}"
        self._operation = f"list the files of the space {space}"
        self._space = space
        self._client = OnedataFileRESTClient(
            host,
            token,
            [preferred_provider] if preferred_provider else None,
            # Annotated as a truth value, handed on to requests, which takes the path of a bundle too.
            verify_ssl=str(ca_bundle) if ca_bundle else True,  # type: ignore[arg-type]
            timeout=_TIMEOUTS_SECONDS,
        )
        # It hands its time-outs on to the provider's requests only.
        self._client._oz_client._http_client.timeout = _TIMEOUTS_SECONDS  # noqa: SLF001 - see _sessions
        for session in self._sessions():
            session.trust_env = False

    def _sessions(self) -> tuple[requests.Session, requests.Session]:
        # The client has no way to close its connections, nor to keep .netrc away from them.
        zone = self._client._oz_client._http_client  # noqa: SLF001 - see above
        provider = self._client._op_client  # noqa: SLF001 - see above
        return zone.get_session(), provider.get_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        for session in self._sessions():
            session.close()

    def page(self, directory_id: str, token: str | None) -> Page:
        """List one page of a directory."""
        with self._faults_of_ours():
            listed: Any = self._client.list_children(
                self._space, attributes=_ATTRIBUTES, limit=_PAGE_FILES, continuation_token=token, file_id=directory_id
            )
        body = Fields(listed)
        next_token = None if body.flag("isLast") else body.optional_text("nextPageToken")
        return Page(tuple(FileAttributes.read(child) for child in body.objects("children")), next_token)

    @contextmanager
    def _faults_of_ours(self) -> Iterator[None]:
        try:
            yield
        except OnedataRESTError as error:
            raise self._refused(error) from None
        except (SpaceNotFoundError, NoAvailableProviderForSpaceError):
            raise self._fault(NotVisibleYet, "no provider that works now is known to support it") from None
        except requests.RequestException as error:
            raise self._fault(Unavailable, f"no usable answer ({type(error).__name__})") from None
        except (KeyError, TypeError, AttributeError, ValueError):
            # How the client shows that an answer of the zone or the provider lacks the space or an attribute, has
            # another shape than it expects, or refuses (403) a request without a body.
            raise self._fault(NotVisibleYet, "the zone does not say yet who supports it") from None

    def _refused(self, error: OnedataRESTError) -> OnedataFault:
        body = {"id": error.category, "details": error.details, "description": error.description}
        refusal = refusal_of(body, error.http_code)
        kind = kind_of(refusal, "provider", repeatable=True)
        message = sentence(kind, self._service, self._operation, refusal)
        return kind(
            message,
            status=refusal.status,
            error_id=refusal.error_id,
            details=refusal.details,
            service=self._service,
            operation=self._operation,
        )

    def _fault(self, kind: type[OnedataFault], reason: str) -> OnedataFault:
        message = f"{self._service} cannot {self._operation} at the moment: {reason}."
        return kind(message, service=self._service, operation=self._operation)
