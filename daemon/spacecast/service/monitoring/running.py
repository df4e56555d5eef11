"""Monitoring while the daemon runs: everything that belongs to it, put together and taken down."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from spacecast.config import Config
from spacecast.ledger import Ledger
from spacecast.publish.admission import stage_names
from spacecast.publish.observing import Nobody
from spacecast.publish.services import Services
from spacecast.service.engine import Engine
from spacecast.service.monitoring.documents import Documents
from spacecast.service.monitoring.expiries import Expiries
from spacecast.service.monitoring.figures import Figures
from spacecast.service.monitoring.health import Examiner
from spacecast.service.monitoring.routes import Routes
from spacecast.service.monitoring.server import Server
from spacecast.service.monitoring.standing import LedgerCounts, Standing


@contextmanager
def monitored(config: Config, ledger: Ledger, services: Services, engine: Engine) -> Iterator[Server | None]:
    """Answer questions about the daemon inside the `with` block, where the config says so; give the server."""
    place = config.monitoring.place
    if place is None:
        yield None
        return
    figures, counts = Figures(stage_names(config), services.gates), LedgerCounts(ledger)
    examiner, expiries = Examiner(engine, ledger), Expiries(config, services)
    documents = Documents(config, ledger, services, engine, examiner, counts)
    figures.registry.register(Standing(engine, services, counts, examiner, expiries))
    server = Server(place, Routes(documents, figures.registry).answer)
    with ExitStack() as stack:
        for part in (examiner, expiries, server):
            part.start()
            stack.callback(part.stop)
        for told in (engine.work, services):
            told.tell(figures)
            stack.callback(told.tell, Nobody())
        yield server
