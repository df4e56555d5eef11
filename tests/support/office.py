"""The outbox of notices about one dataset, with a clock that is turned by hand."""

import threading

from spacecast.ledger import NewNotice
from spacecast.notices import Invite, Post

TOKEN = "MDAxbG9jYXRpb24gSSBhbSBhIHRva2VuIG9mIE9uZWRhdGE"
READY_FACTS = {
    "name": "run1",
    "metadata_name": "SPA.yml",
    "zone_url": "https://zone.example.org",
    "public_url": "https://zone.example.org/share/1",
    "tiled_uri": None,
    "has_invite": True,
    "expires_at": None,
    "to": ["a@example.org", "b@example.org"],
}


class Office:
    """A post with its ledger and a clock that is turned by hand."""

    def __init__(self, config, ledger):
        self.ledger = ledger
        self.now = 1_000_000.0
        self.invite = Invite(TOKEN, None)
        ledger._clock = lambda: self.now
        self.dataset = ledger.add(config.watch[0].folder, "run1", key="run1", title="run1", marker="m")
        self.post = Post(config, ledger, invite_of=self._invite_of, stop=threading.Event(), clock=lambda: self.now)

    def _invite_of(self, _number):
        if isinstance(self.invite, Exception):
            raise self.invite
        return self.invite

    def put(self, kind="ready", key="ready:m-1", to=("a@example.org", "b@example.org"), channel="mail", **facts):
        notice = NewNotice(key, kind, {**READY_FACTS, **facts}, {channel: to}, self.dataset.id)
        assert self.ledger.announce(notice)

    def round(self, after_seconds=0.0):
        self.now += after_seconds
        self.post.round()
        return self.ledger.deliveries()[0]

    def history(self):
        return [(event.stage, event.step, event.outcome) for event in self.ledger.events(self.dataset.id)]
