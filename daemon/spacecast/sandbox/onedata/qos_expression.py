r"""QoS expressions: `anyStorage`, comparisons of storage parameters, `&`, `|`, `\` (difference) and parentheses."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spacecast.sandbox.onedata import errors

Parameters = Mapping[str, Any]
Test = Callable[[Parameters], bool]

_TOKEN = re.compile(r"\s*(?:(?P<sign>[()&|\\])|(?P<compare><=|>=|=|<|>)|(?P<word>[^\s()&|\\<>=]+))")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def parse(expression: str) -> tuple[str, Test]:
    """Give the expression as the servers write it back, and a test for storage parameters.

    A syntax error is 400 invalidQosExpression.
    """
    parser = _Parser(list(_tokens(expression)))
    normal, test = parser.expression()
    parser.expect_end()
    return normal, test


def _tokens(expression: str) -> Iterator[str]:
    position = 0
    text = expression.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _invalid(f"syntax error at {position}")
        position = match.end()
        yield match.group().strip()


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    def expression(self) -> tuple[str, Test]:
        normal, test = self._operand()
        while self._tokens and self._tokens[0] in ("&", "|", "\\"):
            sign = self._tokens.pop(0)
            other_normal, other = self._operand()
            normal, test = f"({normal}{sign}{other_normal})", _combined(sign, test, other)
        return normal, test

    def expect_end(self) -> None:
        if self._tokens:
            raise _invalid(f"unexpected {self._tokens[0]}")

    def _operand(self) -> tuple[str, Test]:
        word = self._next()
        if word == "(":
            inner = self.expression()
            if self._next() != ")":
                raise _invalid("missing )")
            return inner
        if word == "anyStorage":
            return word, lambda _parameters: True
        sign, value = self._next(), self._next()
        if sign not in ("=", *_COMPARISONS):
            raise _invalid(f"unexpected {sign}")
        return f"{word}{sign}{value}", _comparison(word, sign, value)

    def _next(self) -> str:
        if not self._tokens:
            raise _invalid("unexpected end")
        return self._tokens.pop(0)


def _combined(sign: str, one: Test, other: Test) -> Test:
    if sign == "&":
        return lambda parameters: one(parameters) and other(parameters)
    if sign == "|":
        return lambda parameters: one(parameters) or other(parameters)
    return lambda parameters: one(parameters) and not other(parameters)


def _comparison(key: str, sign: str, value: str) -> Test:
    if sign == "=":
        return lambda parameters: key in parameters and str(parameters[key]) == value
    try:
        bound = float(value)
    except ValueError as error:
        raise _invalid(f"{value} is no number") from error
    compare = _COMPARISONS[sign]

    def test(parameters: Parameters) -> bool:
        number = parameters.get(key)
        return isinstance(number, int | float) and compare(number, bound)

    return test


def _invalid(reason: str) -> errors.ApiError:
    return errors.simple("invalidQosExpression", "Invalid QoS expression.", {"reason": reason})
