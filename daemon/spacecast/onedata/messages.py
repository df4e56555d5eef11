"""The sentences in which Onedata's refusals reach an operator: who, what, why, and what to do next."""

from spacecast.onedata.errors import (
    AlreadyThere,
    Conflict,
    Forbidden,
    Gone,
    NotVisibleYet,
    OnedataFault,
    OutcomeUnclear,
    RateLimited,
    StillInUse,
    Unauthorized,
    Unavailable,
)
from spacecast.onedata.refusals import Refusal, for_people


def sentence(kind: type[OnedataFault], service: str, operation: str, refusal: Refusal, needs: str = "") -> str:
    """Say what happened; `needs` names the privileges that the operation takes."""
    opening = _OPENINGS.get(kind, "{service} refused to {operation}").format(service=service, operation=operation)
    return f"{opening}: {_reason(kind, refusal, needs)} {_remedy(kind, refusal, needs)}".rstrip()


_OPENINGS: dict[type[OnedataFault], str] = {
    Unavailable: "{service} cannot {operation} at the moment",
    RateLimited: "{service} asks for patience before it can {operation}",
    NotVisibleYet: "{service} cannot {operation} yet",
    StillInUse: "{service} cannot {operation} yet",
    OutcomeUnclear: "{service} was to {operation} and it is not clear whether it did",
    Gone: "{service} cannot {operation}",
}


def _reason(kind: type[OnedataFault], refusal: Refusal, needs: str) -> str:
    if kind is Unauthorized:
        nested = refusal.authentication_error
        text = for_people(nested.get("description")) or refusal.description
        return f"it does not accept the token ({_code(refusal, str(nested.get('id') or ''))}). {text}".rstrip()
    if kind is Forbidden and needs:
        hint = for_people(refusal.details.get("hint"))
        return f"the token lacks the privilege {needs} ({_code(refusal)}).{' ' if hint else ''}{hint}"
    if not refusal.error_id:
        return f"it answered {refusal.status} without saying why."
    nested_text = "".join(
        f" {text}" for key in ("tokenError", "hint", "reason") if (text := _nested(refusal.details.get(key)))
    )
    return f"{refusal.description or 'no description.'} ({_code(refusal)}){nested_text}{'' if nested_text else '.'}"


def _code(refusal: Refusal, more: str = "") -> str:
    place = [str(refusal.details[key]) for key in ("errno", "operation", "key") if key in refusal.details]
    words = (str(refusal.status), refusal.error_id, for_people(more), *map(for_people, place))
    return " ".join(word for word in words if word)


def _nested(value: object) -> str:
    return for_people(value.get("description") if isinstance(value, dict) else value)


def _remedy(kind: type[OnedataFault], refusal: Refusal, needs: str) -> str:
    if kind is Unauthorized:
        return "Put a valid access token where the config says it is read from."
    if kind is Forbidden:
        return f"Give {'it' if needs else 'the missing privilege'} to the token's user, or use another token."
    if kind is Conflict:
        return "Look which space the storage supports and free it, or point the dataset elsewhere."
    if kind is AlreadyThere:
        return ""
    if kind is Unavailable and not refusal.error_id and refusal.status < _SERVER_ERROR:
        return "Where this lasts, the URL in the config may not be that of the service."
    return _REMEDIES_BY_ID.get(refusal.error_id, "")


_SERVER_ERROR = 500

_REMEDIES_BY_ID = {
    "storageTestFailed": "Check that the provider's nodes see and may read the folder under this path "
    "(onedata.mount_points in the config says where).",
    "badValueTooLow": "Raise the value in the config.",
    "badValueListNotAllowed": "Correct the list in the config.",
}
