"""Metadata files with every habit that makes a YAML file hard to edit, and what must hold after an edit."""

import yaml

BOM = b"\xef\xbb\xbf"

# Without our block; the block can be added.
WITHOUT_BLOCK = {
    "plain": b"a: 1\nb: two\n",
    "no newline at the end": b"a: 1\nb: two",
    "CRLF": b"a: 1\r\nb: two\r\n",
    "CRLF, no newline at the end": b"a: 1\r\nb: two",
    "CR only": b"a: 1\rb: two\r",
    "mixed line ends": b"a: 1\r\nb: 2\nc: 3\r\n",
    "byte order mark": BOM + b"a: 1\n",
    "byte order mark and CRLF": BOM + b"a: 1\r\nb: 2\r\n",
    "document start": b"---\na: 1\n",
    "document start with comment": b"--- # session\na: 1\n",
    "document end": b"a: 1\n...\n",
    "document end and comments": b"a: 1\n...\n# that was it\n",
    "directives": b"%YAML 1.1\n%TAG !e! tag:example.org,2020:\n---\na: !e!x 1\n",
    "comments around": b"# head\n\na: 1 # one\n\n# tail\n",
    "comment without newline at the end": b"a: 1\n# tail",
    "blank lines at the end": b"a: 1\n\n\n\n",
    "spaces at the end": b"a: 1\n   \n  ",
    "tab after a value": b"a: 1\t\nb:\t2\n",
    "indented root": b"  a: 1\n  b: 2\n",
    "indented root with comments": b"# x\n   a: 1\n# y\n   b: 2\n",
    "keep scalar at the end": b"a: |+\n  x\n\n\n",
    "literal at the end, no newline": b"a: |\n  x\n  y",
    "strip scalar at the end": b"a: >-\n  folded\n  text\n",
    "folded with blank lines": b"a: >\n  x\n\n  y\n\n\nb: 1\n",
    "multi-line plain": b"a: one\n  two\n  three\nb: 1\n",
    "multi-line quoted": b"a: \"one\n  two\\\n  three\"\nb: 'x\n\n  y'\n",
    "flow values": b"a: {x: 1, y: [1, 2]}\nb: [\n  1,\n  2\n]\n",
    "list at the same indent": b"a:\n- 1\n- 2\n",
    "list of mappings at the end": b"a:\n  - x: 1\n    y: 2\n  - x: 3\n",
    "anchors and merges": b"a: &a {x: 1}\nb:\n  <<: *a\nc: *a\n",
    "tags": b"a: !!str 1\nb: !mine {x: 1}\n",
    "nulls": b"a:\nb: ~\nc: null\n",
    "null at the end": b"b: 1\na:\n",
    "null at the end, no newline": b"b: 1\na:",
    "quoted keys": b"'a': 1\n\"b\": 2\n",
    "odd spacing": b"a  :   1\nbb :  2\n",
    "other keys twice": b"a: 1\na: 2\n",
    "non-ASCII": "Uživatel: Žofie\n明: 王\n".encode(),
    "astral characters": "a: 😀\n".encode(),
    "next line characters": "a: x\x85b: y\n".encode(),
    "key like ours deeper": b"a:\n  Onedata:\n    Space: x\n",
    "our key in a literal": b"a: |\n  Onedata:\n    Space: x\n",
    "our key in a comment": b"# Onedata:\n#   Space: x\na: 1\n",
    "our key as a value": b"a: Onedata\n",
    "our key longer": b"Onedata3: x\n",
    "explicit key later": b"a: 1\n? b\n: 2\n",
    "empty value then comment": b"a: # nothing\n# more\n",
    "numbers that readers differ about": b"a: 000417\nb: 0755\nc: 1.10\nd: 12:30:45\n",
    "long line": b"a: " + b"word " * 2000 + b"\n",
}

# With a block, or the beginnings of one: what stands before it, the block itself, and what stands behind it.
WITH_BLOCK = {
    "first": (b"", b"Onedata:\n  Space: old\n", b"a: 1\n"),
    "middle": (b"a: 1\n", b"Onedata:\n  Space: old\n", b"b: 2\n"),
    "last": (b"a: 1\n", b"Onedata:\n  Space: old\n", b""),
    "last, no newline": (b"a: 1\n", b"Onedata:\n  Space: old", b""),
    "alone": (b"", b"Onedata:\n  Space: old\n", b""),
    "comments and blank lines behind": (b"a: 1\n", b"Onedata:\n  Space: old\n", b"\n# about b\n\nb: 2\n"),
    "comment behind, indented": (b"a: 1\n", b"Onedata:\n  Space: old\n", b"  # about b\nb: 2\n"),
    "before the document end": (b"a: 1\n", b"Onedata:\n  Space: old\n", b"...\n# x\n"),
    "CRLF": (b"a: 1\r\n", b"Onedata:\r\n  Space: old\r\n", b"b: 2\r\n"),
    "byte order mark": (BOM, b"Onedata:\n  Space: old\n", b"b: 2\n"),
    "indented root": (b"  a: 1\n", b"  Onedata:\n    Space: old\n", b"  b: 1\n"),
    "wide indent": (b"", b"Onedata:\n        Space: old\n", b"b: 1\n"),
    "null": (b"a: 1\n", b"Onedata:\n", b"b: 2\n"),
    "null, no newline": (b"a: 1\n", b"Onedata:", b""),
    "null and comment": (b"a: 1\n", b"Onedata:   # filled in later\n", b"\nb: 2\n"),
    "tilde": (b"a: 1\n", b"Onedata: ~\n", b"b: 2\n"),
    "tagged null": (b"a: 1\n", b"Onedata: !!null\n", b"b: 2\n"),
    "text": (b"a: 1\n", b"Onedata: please publish # soon\n", b"b: 2\n"),
    "quoted text": (b"a: 1\n", b'Onedata: "pl\\\n  ease"\n', b"b: 2\n"),
    "literal": (b"a: 1\n", b"Onedata: |\n  x\n  y\n", b"# c\nb: 2\n"),
    "empty mapping": (b"a: 1\n", b"Onedata: {}\n", b"b: 2\n"),
    "empty list": (b"a: 1\n", b"Onedata: [] # nothing\n", b"b: 2\n"),
    "flow": (b"a: 1\n", b"Onedata: {Space: old}\n", b"b: 2\n"),
    "flow over lines": (b"a: 1\n", b"Onedata: {\n  Space: old, # the old one\n  Mine: 1,\n  }\n", b"b: 2\n"),
    "JSON": (b"a: 1\n", b'Onedata: {"Space":"old","Mine":[1]}\n', b"b: 2\n"),
    "flow without values": (b"a: 1\n", b"Onedata: {Space}\n", b"b: 2\n"),
    "quoted key": (b"a: 1\n", b"'Onedata' :\n  Space: old\n", b"b: 2\n"),
    "quoted inner keys": (b"a: 1\n", b"Onedata:\n  \"Space\": old\n  'Mine' : 1\n", b"b: 2\n"),
    "keys and comments of others": (
        b"a: 1\n",
        b"Onedata:\n  # ours\n  Mine: [1,\n    2]\n  Space: old  # the space\n  Notes: |\n    long\n",
        b"b: 2\n",
    ),
    "literal of others at the end": (b"a: 1\n", b"Onedata:\n  Space: old\n  Notes: |\n    long", b""),
    "keep literal of others at the end": (b"a: 1\n", b"Onedata:\n  Space: old\n  Notes: |+\n    long\n\n\n", b"b: 2\n"),
    "values of other kinds": (b"", b"Onedata:\n  Space:\n  - 1\n  - 2\n  InviteToken: {a: b}\n", b"b: 2\n"),
    "values over lines": (b"", b"Onedata:\n  Space: >\n    old\n\n  InviteToken: a\n    b\n", b"b: 2\n"),
    "values missing": (b"", b"Onedata:\n  Space:   # soon\n  InviteToken:\n", b"b: 2\n"),
    "alias in it": (b"a: &a 1\n", b"Onedata:\n  Mine: *a\n  Space: old\n", b"b: *a\n"),
    "merge in it": (b"a: &a {x: 1}\n", b"Onedata:\n  <<: *a\n  Space: old\n", b"b: *a\n"),
    "tagged": (b"a: 1\n", b"Onedata: !mine\n  Space: old\n", b"b: 1\n"),
    "number": (b"a: 1\n", b"Onedata:\n  Space: 0123\n", b"b: 1\n"),
}

REFUSED = {
    "flow root": (b"{a: 1}\n", "flow-root"),
    "JSON": (b'{"DataId": "json"}\n', "flow-root"),
    "two documents": (b"a: 1\n---\nb: 2\n", "not-one-document"),
    "empty": (b"", "not-one-document"),
    "only comments": (b"# a\n", "not-one-document"),
    "list": (b"- a\n", "root-not-mapping"),
    "scalar": (b"hello\n", "root-not-mapping"),
    "only a document start": (b"---\n", "root-not-mapping"),
    "our key twice": (b"Onedata: 1\na: 1\nOnedata: 2\n", "duplicate-key"),
    "our entry twice": (b"Onedata:\n  Space: a\n  Space: b\n", "duplicate-key"),
    "anchor on the block": (b"Onedata: &o\n  Space: a\nb: *o\n", "anchor-in-block"),
    "anchor in the block": (b"Onedata:\n  Space: &s a\nb: *s\n", "anchor-in-block"),
    "anchored root": (b"&r\na: 1\n", "anchored-root"),
    "explicit key": (b"a: 1\n? Onedata\n: Space: a\n", "key-not-at-line-start"),
    "explicit first key": (b"? a\n: 1\n", "key-not-at-line-start"),
    "first key behind the document start": (b"--- !mine\n? a\n: 1\n", "key-not-at-line-start"),
    "explicit entry": (b"Onedata:\n  ? Mine\n  : 1\n", "key-not-at-line-start"),
    "a list of others": (b"Onedata: [1, 2]\n", "foreign-block"),
    "a block list of others": (b"Onedata:\n- 1\n", "foreign-block"),
    "alias": (b"a: &a 1\nOnedata: *a\n", "foreign-block"),
    "tab": (b"a:\n\tb: 1\n", "unparsable"),
    "NUL": (b"a: \0\n", "unparsable"),
    "terminal escape": (b"a: \x1b[31m\n", "unparsable"),
    "unclosed": (b"a: [1\n", "unparsable"),
    "key behind the document start": (b"--- a: 1\n", "unparsable"),
    "unknown alias": (b"a: *b\n", "unparsable"),
    "anchor twice": (b"a: &b 1\nc: &b 2\n", "unparsable"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "not-utf8"),
    "Latin-1": ("a: ž\n".encode("iso8859-2"), "not-utf8"),
    "a second byte order mark": (BOM + b"a: \xef\xbb\xbfx\n", "inner-bom"),
}


def data_without(data, *keys):
    """Return what a file means without the pairs of `keys`."""
    root = _root(data)
    root.value = [(key, value) for key, value in root.value if key.value not in keys]
    return yaml.serialize(root)


def block_of(data, key):
    """Return a block's entries with their values as text and their tags."""
    root = _root(data)
    (node,) = [value for name, value in root.value if name.value == key]
    return [(name.value, value.value, value.tag) for name, value in node.value]


def _root(data):
    """Return a file's root node as the pure Python loader sees it, another one than ours.

    It refuses some tabs and comments that the C loader takes; those files go through the C loader.
    """
    text = data.removeprefix(BOM).decode()
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.CSafeLoader)
