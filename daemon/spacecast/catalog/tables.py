"""The tables of an inventory, and the sorts of files in them."""

# Raised when the tables of an earlier release are others, or mean something else.
FORM = 5
# Of what is known by parts, one part is computed anew for a file that has changed.
PARTS = 1024
# What decides alone whether the entry `files` has a file: series and their lengths do the rest.
KEPT_BACK = ("withheld", "unsearched")
GIVEN_OUT = f"outcome NOT IN {KEPT_BACK}"
UNSEARCHED = "outcome = 'unsearched'"
WAITING = "outcome IN ('waiting', 'unsearched')"
# A remark is made of each of these.
HAS_PROBLEM = "problem <> ''"
IS_NOT_READ = "(outcome IN ('unread', 'withheld') OR clash IS NOT NULL)"
REMARKED = f"{HAS_PROBLEM} OR {IS_NOT_READ}"
# An entry of its own: readable, its key not another file's, and not a frame of a series.
ALONE = "outcome = 'data' AND clash IS NULL AND series IS NULL"
TO_SEND = "loose = 1 AND sent IS NOT size"
SENT_IN_VAIN = "sent IS NOT NULL AND loose IS NULL"
TABLES = ("fact", "file", "series", "part", "changed_part")
SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS file (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    place BLOB NOT NULL,
    stamp TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns TEXT NOT NULL,
    outcome TEXT NOT NULL,
    is_final INTEGER NOT NULL,
    reason TEXT NOT NULL,
    problem TEXT NOT NULL,
    key TEXT,
    description TEXT,
    digest TEXT,
    parent BLOB, stem TEXT, extension TEXT, kind TEXT,
    clash TEXT,
    part INTEGER NOT NULL, loose INTEGER, sent INTEGER,
    series INTEGER, frame INTEGER
);
CREATE INDEX IF NOT EXISTS file_by_place ON file (place, path);
CREATE INDEX IF NOT EXISTS file_by_part ON file (part);
CREATE INDEX IF NOT EXISTS file_by_key ON file (key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_by_stem ON file (parent, stem, extension, kind) WHERE stem IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_by_frame ON file (series, frame) WHERE series IS NOT NULL;
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, first INTEGER NOT NULL, length INTEGER NOT NULL,
    is_long INTEGER NOT NULL, digest TEXT
);
CREATE TABLE IF NOT EXISTS part (
    number INTEGER PRIMARY KEY,
    given_out INTEGER NOT NULL, size_bytes INTEGER NOT NULL, loose INTEGER NOT NULL, alone INTEGER NOT NULL,
    remarks INTEGER NOT NULL, waiting INTEGER NOT NULL, unsearched INTEGER NOT NULL,
    files TEXT, times TEXT, entries TEXT, remarked TEXT
);
CREATE TABLE IF NOT EXISTS changed_part (number INTEGER PRIMARY KEY);
CREATE TRIGGER IF NOT EXISTS file_arranged AFTER UPDATE OF clash, series, loose ON file
BEGIN INSERT OR IGNORE INTO changed_part VALUES (new.part); END;
CREATE TEMP TABLE seen (id INTEGER PRIMARY KEY);
"""
# Few files of many are in these.
SCHEMA += "".join(
    f"CREATE INDEX IF NOT EXISTS {name} ON file (place, path) WHERE {condition};"
    for name, condition in (
        ("file_waiting", WAITING),
        ("file_remarked", REMARKED),
        ("file_alone", ALONE),
        ("file_to_send", TO_SEND),
        ("file_sent_in_vain", SENT_IN_VAIN),
    )
)
