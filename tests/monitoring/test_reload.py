"""Where the daemon listens follows a reload, and nothing is left when it has ended."""

import signal

from support.asking import Asker, await_answer, listening
from support.world import wait_for


def test_the_address_follows_a_reload_and_the_socket_goes_with_the_daemon(world):
    before = listening(world)
    with world.daemon() as process:
        await_answer(before)
        assert before.ask("/healthz").status == 200
        after = Asker(world.folder / "other.sock")
        world.values["monitoring"] = {"listen": str(after.path)}
        assert world.config_path.exists()
        process.send_signal(signal.SIGHUP)
        await_answer(after)
        wait_for("the socket of before to be gone", lambda: not before.path.exists(), 30)
        assert wait_for("an answer", lambda: after.ask("/healthz").status == 200, 30)
    assert not after.path.exists()
