import pytest

from spacecast.catalog import CatalogClient
from support.catalog import Dataset, ObservedTransport


@pytest.fixture
def transport(tiled):
    with ObservedTransport(tiled.sandbox.url, tiled.sandbox.api_key) as observed:
        yield observed


@pytest.fixture
def client(transport):
    return CatalogClient(transport)


@pytest.fixture
def make_dataset(tiled, transport, client):
    return lambda: Dataset(tiled.folder(), client, transport, tiled.client)


@pytest.fixture
def dataset(make_dataset):
    return make_dataset()
