"""Facts as the notices of each kind have them."""

FACTS = {
    "ready": {
        "name": "run1",
        "metadata_name": "SPA.yml",
        "zone_url": "https://zone.example.org",
        "public_url": "https://zone.example.org/share/1",
        "tiled_uri": "https://tiled.example.org/api/v1/metadata/datasets/run1",
        "has_invite": True,
        "expires_at": 1_900_000_000.0,
        "to": ["user@example.org"],
    },
    "blocked": {
        "datasets": [{"name": "run1", "root": "/data", "reason": "SPA.yml is no YAML", "since": 1_900_000_000.0}],
        "number": 2,
        "more": 1,
    },
    "unblocked": {"datasets": [{"name": "run1"}, {"name": "run2"}], "number": 2, "more": 0},
    "test": {"to": ["operator@example.org"]},
    "outage": {"service": "Onezone", "since": 1_900_000_000.0, "reason": "Onezone is not answering"},
    "available": {"service": "Onezone", "since": 1_900_000_000.0, "reason": "", "ended": 1_900_000_100.0},
}
