"""The status page in a real browser: what it shows, that it is live, and that nothing in a folder's name is obeyed."""

from urllib.parse import urlsplit

import pytest

from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Status
from support.asking import free_port
from support.browser import browsing, program
from support.tree import TREE
from support.world import made, wait_for

pytestmark = pytest.mark.skipif(program() is None, reason="no browser here: apt-get install chromium")

CONTRAST = TREE / "tests/support/contrast.js"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Give a world with a running daemon, and its status page in a browser; the tests go on from each other's."""
    port = free_port()
    with made(tmp_path_factory.mktemp("page")) as world:
        world.values["monitoring"] = {"listen": f"127.0.0.1:{port}"}
        with world.engine(), browsing() as page:
            for name in ("first", HOSTILE.replace("/", "\u2215"), "---"):
                world.drop(name)
            for path in sorted(world.root.iterdir()):
                world.await_state(path.name)
            page.be(width=1200, height=900)
            page.open(f"http://localhost:{port}/")
            page.await_text("#position", "of 3")
            yield world, page


def rows(page):
    return page.texts("tbody td.name button")


def test_datasets_stand_in_a_table_with_state_stages_and_link(shown):
    world, page = shown
    assert page.text("#facility") == "Test facility · version 0.1.0"
    assert page.text("#health") == "Healthy"
    assert page.texts("#services li") == ["Onezone", "Oneprovider", "Onepanel"]
    assert rows(page)[-1] == "first"
    last = page.texts("tbody tr")[-1]
    assert "ready" in last
    assert page.texts("tbody tr:last-child .stages li.done")[0].startswith("link")
    address = page.value("document.querySelector('tbody tr:last-child a').href")
    assert address == world.block("first")["PublicURL"]
    assert page.value("document.querySelector('tbody tr:last-child a').rel") == "noopener noreferrer"


def test_a_blocked_dataset_shows_what_to_do(shown):
    _, page = shown
    assert "Rename" in page.text(".reason.blocked")
    assert page.value("document.title").startswith("(1) ")


def test_a_hostile_name_is_text_and_nothing_else(shown):
    _, page = shown
    assert HOSTILE.replace("/", "\u2215") in rows(page)
    assert page.value("document.querySelectorAll('td img, td script').length") == 0
    assert page.messages == []


def test_the_pages_policy_lets_nothing_else_in(shown):
    _, page = shown
    tried = """new Promise(done => {
        addEventListener('securitypolicyviolation', event => done(event.effectiveDirective), {once: true});
        %s
    })"""
    for act, refused in (
        (
            "document.body.append(Object.assign(document.createElement('script'), {text: 'window.bad = 1'}))",
            "script-src",
        ),
        ("document.body.setAttribute('style', 'color: red')", "style-src"),
        ("new Image().src = 'http://127.0.0.1:1/x.png'", "img-src"),
        ("fetch('http://127.0.0.1:1/').catch(() => {})", "connect-src"),
    ):
        assert page.value(tried % act).startswith(refused)
    assert page.value("window.bad") is None
    page.value("performance.clearResourceTimings()")
    page.messages.clear()


def test_the_history_unfolds_and_folds_again_by_keyboard(shown):
    _, page = shown
    page.value("document.querySelector('tbody tr:last-child td.name button').focus()")
    page.key("Enter")
    page.await_text("tr.more", "What happened")
    page.await_text("tr.more", "space")
    assert page.value("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.key("Enter")
    wait_for("the history to be gone", lambda: page.text("tr.more") == "", 20)
    assert page.value("document.activeElement.innerText") == "first", "the keyboard's place was lost"


def test_a_state_and_words_select_datasets(shown):
    _, page = shown
    page.press("#filters button[data-state=blocked]")
    wait_for("the blocked one alone", lambda: rows(page) == ["---"], 20)
    page.press("#filters button[data-state=all]")
    page.await_text("#position", "of 3")
    page.press("#search")
    page.type("FIRST")
    wait_for("the first one alone", lambda: rows(page) == ["first"], 20)
    page.value("document.querySelector('#search').value = ''")
    page.value("document.querySelector('#search').dispatchEvent(new Event('input'))")
    page.await_text("#position", "of 3")


def test_a_new_dataset_and_a_service_that_is_down_appear_by_themselves(shown):
    world, page = shown
    world.onedata.faults.add(FaultRule(Status(503), service="zone", times=None))
    world.drop("late")
    world.await_state("late", State.RETRYING)
    page.await_text("tbody", "late")
    page.await_text("#alarms", "is not answering since")
    page.await_text("#services .down", "Onezone: away for")
    assert "late" in rows(page)[0]
    world.onedata.faults.clear()
    world.await_state("late", State.READY)
    wait_for("the alarm to be gone", lambda: page.value("document.querySelector('#alarms').hidden"), 30)


def test_on_a_phone_nothing_is_wider_than_the_screen(shown):
    _, page = shown
    for width in (320, 390, 768, 1200):
        page.be(width=width, height=800, is_phone=width < 700)
        assert page.value("document.documentElement.scrollWidth") <= width
    page.be(width=1200, height=900)


def test_a_screen_reader_is_told_of_a_table_with_headings_and_named_controls(shown):
    _, page = shown
    told = page.accessible()
    roles = [role for role, _ in told]
    assert roles.count("columnheader") == 6
    assert roles.count("row") == page.value("document.querySelectorAll('tr').length")
    assert ("heading", "Datasets") in told
    assert ("searchbox", "Search in names and folders") in told
    assert any(name == "Open the public page of first" for role, name in told if role == "link")
    assert not [role for role, name in told if role in ("button", "link", "searchbox", "table") and not name]


@pytest.mark.parametrize("dark", [False, True])
def test_texts_stand_out_from_what_is_behind_them(shown, dark):
    """At least 4.5 to 1, as WCAG 2.2 AA asks for."""
    _, page = shown
    page.be(width=1200, height=900, dark=dark)
    weak = page.value(CONTRAST.read_text())
    page.be(width=1200, height=900)
    assert weak == []


def test_while_the_daemon_is_away_the_page_says_so_and_keeps_what_it_had(shown):
    _, page = shown
    page.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
    page.await_text("#health", "No connection")
    assert "first" in rows(page)
    page.call("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    page.value("document.dispatchEvent(new Event('visibilitychange'))")
    page.await_text("#health", "Healthy")
    page.messages.clear()


def test_it_asks_this_server_and_nobody_else(shown):
    _, page = shown
    asked = page.value("performance.getEntriesByType('resource').map(one => one.name)")
    own = urlsplit(page.value("location.href")).netloc
    assert {urlsplit(address).netloc for address in asked if address.startswith("http")} == {own}
    assert page.messages == []
