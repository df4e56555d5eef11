from contextlib import contextmanager

import pytest

from spacecast.onedata import (
    Gone,
    NotVisibleYet,
    OnedataFault,
    ProviderClient,
    Unauthorized,
    Unavailable,
    list_files,
)
from support.http_server import Close, Reply, ScriptedServer
from support.onedata_bodies import error

TOKEN = "MDAxSERVICEUSERTOKENxxxxxxxxxxxxxxxx"
TREE = {
    "abc": [
        [("d1", "raw", "DIR", 0), ("f1", "SPA.yml", "REG", 100)],
        [("f2", "ä b.mrc", "REG", 5), ("l1", "link", "SYMLNK", 3)],
    ],
    "d1": [[("d2", "deep", "DIR", 0)], [("f3", "x.tif", "REG", 7)]],
    "d2": [[]],
}
FILES = {"SPA.yml": 100, "ä b.mrc": 5, "raw/x.tif": 7}


class Onedata:
    """Zone and provider in one: the listing of TREE, unless a test sets something else."""

    def __init__(self):
        self.server = None
        self.listing = self.list_tree
        self.scope = None

    def answer(self, received):
        if received.path.endswith("infer_access_token_scope"):
            return self.scope or self.whole_scope()
        if received.path.endswith("/configuration"):
            return Reply(200, json={"version": "21.02.7"})
        return self.listing(received)

    def whole_scope(self, online=True):
        provider = {"name": "P", "domain": f"127.0.0.1:{self.server.port}", "version": "21.02.7", "online": online}
        spaces = {"abc": {"name": "dataset", "supports": {"p": {"readonly": True}}}}
        scope = {"readonly": False, "spaces": spaces, "providers": {"p": provider}}
        return Reply(200, json={"validUntil": None, "dataAccessScope": scope})

    def list_tree(self, received):
        directory_id = received.path.split("/")[-2]
        token = received.json().get("token") or (received.query.get("token") or ["0"])[0]
        pages, number = TREE[directory_id], int(token)
        children = [dict(zip(("fileId", "name", "type", "size"), child, strict=True)) for child in pages[number]]
        last = number == len(pages) - 1
        next_token = None if last else str(number + 1)
        return Reply(200, json={"children": children, "isLast": last, "nextPageToken": next_token})


@contextmanager
def deployed(folder, *host_names):
    onedata = Onedata()
    with ScriptedServer(onedata.answer, host_names=host_names) as server:
        onedata.server = server
        bundle = server.write_authority(folder / "ca.pem") if host_names else None
        with ProviderClient.connect(server.url, lambda: TOKEN, ca_bundle=bundle) as provider:
            yield (
                onedata,
                lambda: list_files(
                    server.url, lambda: TOKEN, space_id="abc", space_name="dataset", provider=provider, ca_bundle=bundle
                ),
            )


@pytest.fixture(scope="module")
def secure_deployment(tmp_path_factory):
    with deployed(tmp_path_factory.mktemp("ca"), "127.0.0.1") as made:
        yield made


@pytest.fixture(scope="module")
def plain_deployment(tmp_path_factory):
    with deployed(tmp_path_factory.mktemp("none")) as made:
        yield made


@pytest.fixture(params=["secure_deployment", "plain_deployment"])
def deployment(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def onedata(deployment):
    chosen = deployment[0]
    yield chosen
    chosen.listing, chosen.scope = chosen.list_tree, None


@pytest.fixture
def listed(deployment):
    return deployment[1]


def test_every_file_is_listed_with_path_and_size_over_pages_and_folders(onedata, listed):
    assert dict(listed()) == FILES


def test_files_come_page_by_page(onedata, listed):
    before = len(onedata.server.received)
    files = listed()
    next(files)
    asked = [received for received in onedata.server.received[before:] if "/data/" in received.path]
    files.close()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401, json=error("unauthorized", {"authError": {"id": "tokenRevoked"}})), Unauthorized),
        (Reply(401, json=error("unauthorized", {"authError": {"id": "userNotSupported"}})), NotVisibleYet),
        (Reply(400, json=error("spaceNotSupportedBy", {})), NotVisibleYet),
        (Reply(400, json=error("posix", {"errno": "enoent"})), Gone),
        (Reply(503), Unavailable),
        (Reply(502, body=b"<html>"), Unavailable),
        (Reply(200, body=b'{"children": [{'), Unavailable),
    ],
)
def test_faults_are_of_our_family_and_hold_no_token(onedata, listed, reply, kind):
    onedata.listing = lambda _: reply
    with pytest.raises(OnedataFault) as caught:
        list(listed())
    assert type(caught.value) is kind
    assert TOKEN not in str(caught.value)


def test_a_provider_that_does_not_answer_is_waited_for(onedata, listed):
    onedata.listing = lambda _: Close()
    with pytest.raises((Unavailable, NotVisibleYet)):
        list(listed())


@pytest.mark.parametrize(
    "scope",
    [
        Reply(200, json={"validUntil": None, "dataAccessScope": None}),
        Reply(200, json={"dataAccessScope": {"readonly": False, "spaces": {}, "providers": {}}}),
        Reply(200, json=[]),
        Reply(503, json=[]),
    ],
)
def test_a_zone_that_does_not_tell_of_the_space_yet_is_waited_for(secure_deployment, scope):
    onedata, listed = secure_deployment
    onedata.scope = scope
    with pytest.raises((Unavailable, NotVisibleYet)):
        list(listed())


def test_a_provider_that_is_offline_is_waited_for(secure_deployment):
    onedata, listed = secure_deployment
    onedata.scope = onedata.whole_scope(online=False)
    with pytest.raises(NotVisibleYet, match="no provider"):
        list(listed())
