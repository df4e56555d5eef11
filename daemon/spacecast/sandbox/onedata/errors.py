"""Errors as the servers send them: HTTP status, error id, details and description."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

Details = dict[str, Any]


class ApiError(Exception):
    """An error that a service answers with; `as_json` is the inner object of the envelope."""

    def __init__(self, status: int, error_id: str, description: str, details: Details | None = None) -> None:
        super().__init__(f"{status} {error_id}: {description}")
        self.status = status
        self.error_id = error_id
        self.description = description
        self.details = details

    def as_json(self) -> Details:
        """Give the error object; `details` is left out where the servers send none."""
        body: Details = {"id": self.error_id, "description": self.description}
        if self.details is not None:
            body["details"] = self.details
        return body


class EmptyError(Exception):
    """An answer with an error status and no body at all."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status} without a body")
        self.status = status


def _bad(error_id: str, description: str, details: Details | None = None) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, error_id, description, details)


def malformed_data() -> ApiError:
    """Say that the body is not the JSON that the operation needs."""
    return _bad("malformedData", "Provided data could not be understood by the server.")


def missing_required(key: str) -> ApiError:
    """Say that a required key is absent."""
    return _bad("missingRequiredValue", f"Missing required value: {key}.", {"key": key})


def missing_at_least_one(keys: Sequence[str]) -> ApiError:
    """Say that none of several keys is there."""
    return _bad("missingAtLeastOneValue", "Missing data, you must provide at least one.", {"keys": list(keys)})


def bad_value(error_id: str, key: str, expected: str) -> ApiError:
    """Say that a value has the wrong type; `error_id` is one of the badValue… family with only a key."""
    return _bad(error_id, f'Bad value: provided "{key}" must be {expected}.', {"key": key})


def bad_name() -> ApiError:
    """Say that a name breaks the name rule; the 21.02 zone sends no details."""
    return _bad("badValueName", "Bad value: provided name must be 2-128 characters long and composed of letters, ...")


def bad_identifier(key: str) -> ApiError:
    """Say that a file id cannot be decoded."""
    return bad_value("badValueIdentifier", key, "a valid identifier")


def id_not_found(key: str) -> ApiError:
    """Say that an id in the body or path names nothing."""
    return bad_value("badValueIdNotFound", key, "an existing id")


def identifier_occupied(key: str) -> ApiError:
    """Say that a unique value is taken."""
    return _bad("badValueIdentifierOccupied", f'Bad value: provided "{key}" is occupied.', {"key": key})


def too_low(key: str, limit: float) -> ApiError:
    """Say that a number is below its limit."""
    return _bad(
        "badValueTooLow", f'Bad value: provided "{key}" must be at least {limit}.', {"key": key, "limit": limit}
    )


def not_in_range(key: str, low: int, high: int) -> ApiError:
    """Say that a number is outside its range."""
    details = {"key": key, "low": low, "high": high}
    return _bad("badValueNotInRange", f'Bad value: provided "{key}" must be between <{low}, {high}>.', details)


def not_allowed(key: str, allowed: Sequence[Any]) -> ApiError:
    """Say that a value is not one of those allowed."""
    details = {"key": key, "allowed": list(allowed)}
    return _bad("badValueNotAllowed", f'Bad value: provided "{key}" must be one of {list(allowed)}.', details)


def list_not_allowed(key: str, allowed: Sequence[str]) -> ApiError:
    """Say that a list has members that are not allowed."""
    details = {"key": key, "allowed": list(allowed)}
    return _bad("badValueListNotAllowed", f'Bad value: provided "{key}" must be a list of allowed values.', details)


def text_too_large(key: str, limit: int) -> ApiError:
    """Say that a text is too long."""
    details = {"key": key, "limit": limit}
    return _bad("badValueTextTooLarge", f'Bad value: provided "{key}" cannot be larger than {limit}.', details)


def bad_data(key: str, hint: str) -> ApiError:
    """Say that a value contradicts another one."""
    return _bad("badData", f"Bad data: {hint}.", {"key": key, "hint": hint})


def posix(errno: str) -> ApiError:
    """Say that an operation on a file failed with a POSIX error."""
    return _bad("posix", f"Operation failed with POSIX error: {errno}.", {"errno": errno})


def space_not_supported_by(space_id: str, provider_id: str) -> ApiError:
    """Say that the provider asked does not support the space."""
    details = {"spaceId": space_id, "providerId": provider_id}
    return _bad("spaceNotSupportedBy", f"Space {space_id} is not supported by provider {provider_id}.", details)


def storage_in_use() -> ApiError:
    """Say that the storage supports a space."""
    return _bad("storageInUse", "Specified storage supports a space.")


def storage_test_failed(operation: str) -> ApiError:
    """Say that the check of a new storage failed at `operation`."""
    return _bad("storageTestFailed", f"Failed to {operation} storage.", {"operation": operation})


def requires_imported_storage(storage_id: str) -> ApiError:
    """Say that the operation needs an imported storage."""
    return _bad("requiresImportedStorage", "Requires an imported storage.", {"storageId": storage_id})


def relation_does_not_exist(child: tuple[str, str], parent: tuple[str, str]) -> ApiError:
    """Say that a member to be removed is none; both arguments are (type, id)."""
    return _bad("relationDoesNotExist", "Bad value: the relation does not exist.", _relation(child, parent))


def relation_already_exists(child: tuple[str, str], parent: tuple[str, str]) -> ApiError:
    """Say that a member to be added is one already; both arguments are (type, id)."""
    details = _relation(child, parent)
    return ApiError(HTTPStatus.CONFLICT, "relationAlreadyExists", "The relation already exists.", details)


def _relation(child: tuple[str, str], parent: tuple[str, str]) -> Details:
    return {"childType": child[0], "childId": child[1], "parentType": parent[0], "parentId": parent[1]}


def already_exists() -> ApiError:
    """Say that the thing to be made is there."""
    return ApiError(HTTPStatus.CONFLICT, "alreadyExists", "The resource already exists.")


def already_supported_with_imported_storage(space_id: str, storage_id: str) -> ApiError:
    """Say that a space can have one imported storage only."""
    details = {"spaceId": space_id, "storageId": storage_id}
    description = "Space is already supported with an imported storage."
    return ApiError(HTTPStatus.CONFLICT, "spaceAlreadySupportedWithImportedStorage", description, details)


def not_found() -> ApiError:
    """Say that the resource is not there."""
    return ApiError(HTTPStatus.NOT_FOUND, "notFound", "The resource could not be found.")


def forbidden() -> ApiError:
    """Say that the caller lacks a privilege."""
    return ApiError(HTTPStatus.FORBIDDEN, "forbidden", "You are not authorized to perform this operation.")


def unauthorized(cause: ApiError | None = None) -> ApiError:
    """Say that authentication failed for `cause`, or there was no credential at all."""
    details = None if cause is None else {"authError": cause.as_json()}
    description = "Failed to authorize with provided credentials (see details)."
    return ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", description, details)


def token_error(error_id: str, details: Details | None = None) -> ApiError:
    """Say that something is wrong with a token, e.g. badToken, tokenInvalid, tokenRevoked."""
    return ApiError(HTTPStatus.UNAUTHORIZED, error_id, f"Token error: {error_id}.", details)


def caveat_unverified(caveat: Details) -> ApiError:
    """Say that a caveat of a token does not hold for this request."""
    return token_error("tokenCaveatUnverified", {"caveat": caveat})


def bad_token_value(key: str, cause: ApiError) -> ApiError:
    """Say that a token in a body cannot be used."""
    details = {"key": key, "tokenError": cause.as_json()}
    return _bad("badValueToken", f'Bad value: provided "{key}" is not a valid token (see details).', details)


def bad_caveat(caveat: Any) -> ApiError:
    """Say that a caveat is malformed or not allowed for this type of token."""
    return _bad("badValueCaveat", "Provided caveat is invalid or not allowed in this context.", {"caveat": caveat})


def invite_error(error_id: str, details: Details | None = None) -> ApiError:
    """Say that something is wrong with an invite token: its target, its subject, its use."""
    return _bad(error_id, f"Invite token error: {error_id}.", details)


def time_caveat_required(longest_seconds: int) -> ApiError:
    """Say that a temporary token needs a time caveat within the limit of the zone."""
    return _bad("tokenTimeCaveatRequired", "A time caveat is required.", {"maxTtl": longest_seconds})


def simple(error_id: str, description: str, details: Details | None = None) -> ApiError:
    """Make any other error with status 400."""
    return _bad(error_id, description, details)


def internal() -> ApiError:
    """Say that the server failed."""
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "internalServerError", "The server has encountered an error.")


def not_implemented() -> ApiError:
    """Say that the sandbox does not know this variant of an operation."""
    return ApiError(HTTPStatus.NOT_IMPLEMENTED, "notImplemented", "This operation is not implemented.")


def no_connection_to_zone() -> ApiError:
    """Say that the zone cannot be reached by the provider."""
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "noConnectionToOnezone", "No connection to Onezone.")


def on_nodes(cause: ApiError, host: str) -> ApiError:
    """Wrap an error as the panel wraps those of its service actions; the status stays that of the cause."""
    if cause.error_id == "errorOnNodes":
        return cause
    details = {"error": cause.as_json(), "hostnames": [host]}
    return ApiError(cause.status, "errorOnNodes", f"Error on nodes {host}: {cause.description}", details)
