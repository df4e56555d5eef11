"""All operations, by the host that offers them."""

from spacecast.sandbox.onedata import (
    panel_imports,
    panel_service,
    panel_spaces,
    panel_storages,
    provider_content,
    provider_files,
    provider_metadata,
    provider_qos,
    provider_service,
    provider_shares,
    provider_transfers,
    public_page,
    zone_groups,
    zone_members,
    zone_scope,
    zone_service,
    zone_shares,
    zone_spaces,
    zone_token_questions,
    zone_tokens,
)

ZONE_ROUTES = (
    zone_service.ROUTES
    + zone_groups.ROUTES
    + zone_spaces.ROUTES
    + zone_members.ROUTES
    + zone_tokens.ROUTES
    + zone_token_questions.ROUTES
    + zone_scope.ROUTES
    + zone_shares.ROUTES
    + public_page.ROUTES
)

PROVIDER_ROUTES = (
    provider_service.ROUTES
    + provider_service.WEB_ROUTES
    + provider_shares.ROUTES
    + provider_files.ROUTES
    + provider_content.ROUTES
    + provider_metadata.ROUTES
    + provider_qos.ROUTES
    + provider_transfers.ROUTES
    + panel_service.ROUTES
    + panel_storages.ROUTES
    + panel_spaces.ROUTES
    + panel_imports.ROUTES
)
