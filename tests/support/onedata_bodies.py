"""Error bodies as Onedata's services write them."""

from typing import Any


def error(error_id: str, details: Any = None, description: str = "Something is wrong.") -> dict[str, Any]:
    body = {"id": error_id, "description": description}
    return {"error": body if details is None else {**body, "details": details}}


def on_nodes(inner: dict[str, Any]) -> dict[str, Any]:
    """Wrap an error as Onepanel does with those of its service actions."""
    return error("errorOnNodes", {"hostnames": ["op-0.example.org"], "error": inner["error"]}, "Error on nodes")
