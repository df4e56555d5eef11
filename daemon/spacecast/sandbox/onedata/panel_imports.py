"""Panel: the automatic storage import of a space; its state, and starting and stopping scans."""

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Support
from spacecast.sandbox.onedata.messages import Reply, json_reply, no_content
from spacecast.sandbox.onedata.panel_service import PREFIX, allow_changing, allow_reading, wrapped
from spacecast.sandbox.onedata.panel_spaces import supported_space
from spacecast.sandbox.onedata.routing import Routes

ROUTES = Routes(PREFIX)
_IMPORT = "/provider/spaces/{sid}/storage-import"
_METRICS = ("queueLength", "createdFiles", "modifiedFiles", "deletedFiles")
_PERIODS = ("minute", "hour", "day")
_BUCKETS = 12
_LATER_COUNTERS = ("unmodifiedFiles", "failedFiles", "totalScans")


@ROUTES.on("GET", _IMPORT + "/auto/info")
def info(call: Call) -> Reply:
    """Tell how far the import is; wrapped 404 when none is set up."""
    support = supported_space(call)
    allow_reading(call)
    if support.storage_import is None or support.storage_import.mode != "auto":
        raise wrapped(call, errors.not_found())
    shown = call.world.importers[call.here.id].info(support)
    if not call.state.release.full_scan_counters:
        shown = {key: value for key, value in shown.items() if key not in _LATER_COUNTERS}
    return json_reply(shown)


@ROUTES.on("POST", _IMPORT + "/auto/force-start")
def force_start(call: Call) -> Reply:
    """Start a scan; wrapped 409 while one is enqueued or running."""
    support = _automatic(call)
    try:
        call.world.importers[call.here.id].force_start(support)
    except errors.ApiError as error:
        raise wrapped(call, error) from error
    return no_content()


@ROUTES.on("POST", _IMPORT + "/auto/force-stop")
def force_stop(call: Call) -> Reply:
    """Stop the scan; wrapped 404 when there is none."""
    support = _automatic(call)
    try:
        call.world.importers[call.here.id].force_stop(support)
    except errors.ApiError as error:
        raise wrapped(call, error) from error
    return no_content()


def _automatic(call: Call) -> Support:
    """Give a support with automatic import; the panel answers 500 for any other."""
    support = supported_space(call)
    allow_changing(call)
    if support.storage_import is None or support.storage_import.mode != "auto":
        raise wrapped(call, errors.internal())
    return support


@ROUTES.on("GET", _IMPORT + "/auto/stats")
def statistics(call: Call) -> Reply:
    """Tell what was imported lately; the sandbox keeps no history, only the last scan."""
    for key in ("period", "metrics"):
        if call.query(key) is None:
            raise errors.missing_required(key)
    period, metrics = call.query("period") or "", (call.query("metrics") or "").split(",")
    if period not in _PERIODS:
        raise errors.not_allowed("period", _PERIODS)
    if not set(metrics) <= set(_METRICS):
        raise errors.list_not_allowed("metrics", _METRICS)
    support = supported_space(call)
    allow_reading(call)
    known = call.world.importers[call.here.id].info(support) if support.storage_import else {}
    return json_reply({metric: _history(known.get(metric, 0)) for metric in metrics})


def _history(last: int) -> dict[str, object]:
    return {"lastValueDate": "1970-01-01T00:00:00.000Z", "values": [None] * (_BUCKETS - 1) + [last]}


@ROUTES.on("GET", _IMPORT + "/manual/example")
def manual_example(call: Call) -> Reply:
    """Show how a file is registered by hand."""
    support = supported_space(call)
    allow_reading(call)
    url = f"https://{call.here.domain}/api/v3/oneprovider/data/register"
    space = support.space_id
    return json_reply({"curl": f"curl -X POST {url} -H 'X-Auth-Token: $TOKEN' -d '{{\"spaceId\": \"{space}\"}}'"})
