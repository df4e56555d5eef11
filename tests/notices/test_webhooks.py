"""Webhooks get every notice of their kinds, signed, under one id, and never a token."""

import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from spacecast.config import ConfigError
from spacecast.ledger import DeliveryState, NewNotice, State
from spacecast.notices import Post
from support.config_files import secret_file
from support.markdown import blocks
from support.notices import FACTS
from support.world import wait_for

SECRET = "a-webhook-secret-0123456789"


class Receiver:
    """What was posted, and what is answered next; 200 when there is nothing in `answers`."""

    def __init__(self):
        self.posts = []
        self.answers = []
        self.url = ""

    def kinds(self):
        return [json.loads(body)["kind"] for _, body in self.posts]


@pytest.fixture
def receiver():
    with _receiving() as receiver:
        yield receiver


@contextmanager
def _receiving():
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posts.append((dict(self.headers), body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks/?from=spacecast"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hook(receiver, tmp_path):
    secret = secret_file(tmp_path, "hook.secret", SECRET)
    return {"name": "booking", "url": receiver.url, "secret": {"file": str(secret)}}


class _Clock:
    now = 1_900_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def office(config_with, ledger, hook):
    clock = _Clock()
    ledger._clock = clock
    post = Post(config_with(webhooks=[hook]), ledger, invite_of=None, stop=threading.Event(), clock=clock)

    def put(kind, key):
        ledger.announce(NewNotice(key, kind, FACTS[kind], {"webhook booking": ()}))

    def go(seconds=0.0):
        clock.now += seconds
        post.round()
        return {one.key: one.state for one in ledger.deliveries()}

    return put, go


def test_a_post_is_signed_and_says_what_happened(office, receiver):
    put, go = office
    put("outage", "a")
    assert go() == {"a": DeliveryState.SENT}
    ((headers, body),) = receiver.posts
    signed = b".".join((headers["Spacecast-Id"].encode(), headers["Spacecast-Timestamp"].encode(), body))
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Spacecast-Signature"] == f"v1={digest}"
    said = json.loads(body)
    assert said["id"] == headers["Spacecast-Id"]
    assert (said["kind"], said["facts"]["service"], said["facility"]) == ("outage", "Onezone", "Test facility")


def test_the_snippet_of_the_manual_takes_our_posts_and_no_others(office, receiver, tree):
    put, go = office
    put("ready", "a")
    go()
    ((headers, body),) = receiver.posts
    (code,) = [text for text in blocks(tree / "docs/operators.md", "python") if "def is_from_spacecast" in text]
    names = {}
    exec(compile(code, "page", "exec"), names)
    check = names["is_from_spacecast"]
    assert check(headers, body, SECRET, now=_Clock.now + 10)
    assert not check(headers, body + b" ", SECRET, now=_Clock.now)
    assert not check(headers, body, "another secret", now=_Clock.now)
    assert not check(headers, body, SECRET, now=_Clock.now + 3600)
    assert not check({**headers, "Spacecast-Id": "0"}, body, SECRET, now=_Clock.now)
    assert not check({}, body, SECRET, now=_Clock.now)


def test_what_is_not_taken_is_posted_again_later_under_the_same_id(office, receiver):
    put, go = office
    receiver.answers[:] = [503, 429]
    put("outage", "a")
    assert go() == {"a": DeliveryState.PENDING}
    assert go(3600) == {"a": DeliveryState.PENDING}
    assert go(3600) == {"a": DeliveryState.SENT}
    assert len({headers["Spacecast-Id"] for headers, _ in receiver.posts}) == 1
    assert len({headers["Spacecast-Timestamp"] for headers, _ in receiver.posts}) == 3


def test_a_notice_that_the_receiver_does_not_like_holds_up_no_other_and_is_given_up_after_days(office, receiver):
    put, go = office
    receiver.answers[:] = [422]
    put("outage", "a")
    put("available", "b")
    assert go() == {"a": DeliveryState.PENDING, "b": DeliveryState.SENT}
    receiver.answers[:] = [422] * 20
    for _ in range(6):
        states = go(86_400)
    assert states["a"] is DeliveryState.GIVEN_UP


def test_a_receiver_that_is_away_gets_it_when_it_is_back(config_with, ledger, hook, receiver):
    clock = _Clock()
    ledger._clock = clock
    # Nobody listens on port 1; a redirect is no way around that either.
    away = Post(
        config_with(webhooks=[{**hook, "url": "http://127.0.0.1:1/"}]),
        ledger,
        invite_of=None,
        stop=threading.Event(),
        clock=clock,
    )
    ledger.announce(NewNotice("a", "outage", FACTS["outage"], {"webhook booking": ()}))
    away.round()
    assert ledger.undelivered() == 1
    back = Post(config_with(webhooks=[hook]), ledger, invite_of=None, stop=threading.Event(), clock=clock)
    back.round()
    assert receiver.kinds() == ["outage"]


def test_a_redirect_is_not_followed(office, receiver):
    put, go = office
    receiver.answers[:] = [302]
    put("outage", "a")
    assert go() == {"a": DeliveryState.PENDING}
    assert len(receiver.posts) == 1


def test_a_webhook_hears_of_a_link_and_of_the_kinds_that_it_wants(world, receiver, tmp_path):
    secret = secret_file(tmp_path, "hook.secret", SECRET)
    hook = {"name": "booking", "url": receiver.url, "secret": {"file": str(secret)}, "kinds": ["ready"]}
    world.values["notify"] = {"webhooks": [hook], "blocked_after": "1ms"}
    with world.engine():
        world.drop("run1", b"NotifyCompletion: no\n")
        world.drop("broken", b"{[\n")
        world.await_state("run1", State.READY)
        world.await_state("broken", State.BLOCKED)
        wait_for("the post", lambda: receiver.posts, 20)
        block = world.block("run1")
    assert receiver.kinds() == ["ready"]
    facts = json.loads(receiver.posts[0][1])["facts"]
    assert facts["public_url"] == block["PublicURL"]
    assert facts["folder"] == str(world.root / "run1")
    assert block["InviteToken"].encode() not in receiver.posts[0][1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "http://booking.example.org/"}, "clear text"),
        ({"url": "https://user:pw@booking.example.org/"}, "user name"),
        ({"url": "file:///etc/passwd"}, "must be an address"),
        ({"name": "Not A Name"}, "short name"),
        ({"kinds": ["all"]}, "kinds"),
    ],
)
def test_a_webhook_that_cannot_be_right_is_refused(config_with, hook, change, words):
    with pytest.raises(ConfigError, match=words):
        config_with(webhooks=[{**hook, **change}])


def test_two_webhooks_have_two_names(config_with, hook):
    with pytest.raises(ConfigError, match="name of another webhook"):
        config_with(webhooks=[hook, hook])
