"""Hold the requests in the sandbox's log, and its answers, to the description in tests/contract/openapi.yaml."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from openapi_schema_validator import OAS30Validator

from spacecast.sandbox.onedata import Exchange

DESCRIPTION = Path(__file__).parent.parent / "contract" / "openapi.yaml"
_METHODS = ("get", "put", "post", "patch", "delete")
_SHARED_ID = "7368617265477569642"
"""How ids of files seen through a share go on after their header: `shareGuid#` in hex."""


def check_exchanges(log: Iterable[Exchange]) -> list[str]:
    """Give everything in the log that the description does not allow, a line each; empty is good.

    Answers that a fault rule made up are not looked at, and neither is the public web page.
    """
    return [f"{exchange.method} {exchange.path}: {problem}" for exchange in log for problem in _check(exchange)]


def _check(exchange: Exchange) -> Iterator[str]:
    if not exchange.path.startswith(("/api/", "/nagios")):
        return
    found = _find(exchange)
    if found is None:
        yield "no such operation"
        return
    operation, ids = found
    yield from _check_parameters(operation, exchange, ids)
    yield from _check_request_body(operation, exchange)
    yield from _check_credentials(operation, exchange)
    if exchange.fault is None and exchange.status is not None:
        yield from _check_answer(operation, exchange)


def _find(exchange: Exchange) -> tuple[dict[str, Any], dict[str, str]] | None:
    for pattern, method, operation in _operations():
        match = pattern.fullmatch(exchange.path)
        if match and method == exchange.method.lower():
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def _check_parameters(operation: dict[str, Any], exchange: Exchange, ids: Mapping[str, str]) -> Iterator[str]:
    described = {(each["in"], each["name"]): each for each in operation["parameters"]}
    for (place, name), parameter in described.items():
        if place == "path":
            yield from _violations(parameter["schema"], ids[name], f"path parameter {name}")
        elif place == "query" and name in exchange.query:
            value = _typed(exchange.query[name], _resolved(parameter["schema"]))
            yield from _violations(parameter["schema"], value, f"query parameter {name}")
        elif place == "query" and parameter.get("required"):
            yield f"query parameter {name} is missing"
    for name in exchange.query:
        if ("query", name) not in described:
            yield f"unknown query parameter {name}"


def _typed(values: list[str], schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "array":
        return values
    value = values[-1]
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _check_request_body(operation: dict[str, Any], exchange: Exchange) -> Iterator[str]:
    described = _resolved(operation.get("requestBody", {}))
    if not exchange.raw_body:
        if described.get("required"):
            yield "the body is missing"
        return
    if not described:
        if exchange.body != {}:
            yield "there must be no body"
        return
    content_type = exchange.headers.get("content-type", "").split(";")[0]
    media = described["content"].get(content_type)
    if media is None:
        yield f"content type {content_type or 'missing'} is not one of {', '.join(described['content'])}"
    elif content_type == "application/json":
        yield from _violations(media["schema"], exchange.body, "body")


def _check_credentials(operation: dict[str, Any], exchange: Exchange) -> Iterator[str]:
    public = {} in operation.get("security", [{"needed": []}])
    through_share = _SHARED_ID in exchange.path.upper()
    bearer = exchange.headers.get("authorization", "").startswith("Bearer ")
    if not (public or through_share or bearer or {"x-auth-token", "macaroon"} & exchange.headers.keys()):
        yield "no credentials"


def _check_answer(operation: dict[str, Any], exchange: Exchange) -> Iterator[str]:
    described = operation["responses"].get(str(exchange.status))
    if described is None:
        yield f"status {exchange.status} is not described"
        return
    answer = _resolved(described)
    if "Location" in answer.get("headers", {}) and "Location" not in exchange.response_headers:
        yield f"status {exchange.status} without a Location"
    media = answer.get("content", {}).get("application/json")
    if media is None:
        if exchange.raw_response and "content" not in answer:
            yield f"status {exchange.status} has a body"
    elif exchange.raw_response or not answer.get("x-body-optional"):
        yield from _violations(media["schema"], exchange.response_body, f"answer {exchange.status}")


def _violations(schema: Mapping[str, Any], value: Any, what: str) -> Iterator[str]:
    for error in _validator(_key(schema)).iter_errors(value):
        place = "/".join(str(part) for part in error.absolute_path)
        yield f"{what}{' at ' + place if place else ''}: {error.message[:300]}"


@cache
def _validator(key: str) -> OAS30Validator:
    return OAS30Validator({"allOf": [yaml.safe_load(key)], "components": _description()["components"]})


def _key(schema: Mapping[str, Any]) -> str:
    return f"$ref: '{schema['$ref']}'" if "$ref" in schema else yaml.safe_dump(dict(schema))


@cache
def _description() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(DESCRIPTION.read_bytes(), Loader=yaml.CSafeLoader)
    return loaded


@cache
def _operations() -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
    """Give all operations; those with fewer variable parts first, so that fixed words win."""
    found = []
    for path, item in sorted(_description()["paths"].items(), key=lambda pair: pair[0].count("{")):
        for method in _METHODS:
            if method in item:
                parameters = [_resolved(each) for each in item[method].get("parameters", [])]
                found.append((_pattern(path, parameters), method, {**item[method], "parameters": parameters}))
    return found


def _pattern(path: str, parameters: list[dict[str, Any]]) -> re.Pattern[str]:
    wide = {each["name"] for each in parameters if each.get("x-multi-segment")}

    def part(match: re.Match[str]) -> str:
        return f"(?P<{match.group(1)}>{'.+' if match.group(1) in wide else '[^/]+'})"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", part, re.escape(path)))


def _resolved(described: Mapping[str, Any]) -> dict[str, Any]:
    reference = described.get("$ref")
    if reference is None:
        return dict(described)
    found: Any = _description()
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return _resolved(found)
