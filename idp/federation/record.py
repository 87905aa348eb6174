"""A service provider as one record of the index, and back."""

import base64
import json
from datetime import datetime
from typing import Any

from idp.federation.service_provider import (
    EncryptionKey,
    Endpoint,
    LogoutEndpoint,
    RequestedAttribute,
    ServiceProvider,
)

_PLAIN = (
    "entity_id",
    "authn_requests_signed",
    "want_assertions_signed",
    "display_names",
    "information_urls",
    "privacy_urls",
    "registration_authority",
    "source",
)
_LISTS = (
    "name_id_formats",
    "entity_categories",
    "subject_id_requirement",
    "signing_methods",
    "digest_methods",
    "groups",
)


def write_record(provider: ServiceProvider) -> bytes:
    """Write every field of the service provider as JSON."""
    fields: dict[str, Any] = {key: getattr(provider, key) for key in (*_PLAIN, *_LISTS)}
    fields["acs"] = [
        [item.index, item.location, item.binding, item.is_default] for item in provider.assertion_consumer_services
    ]
    fields["slo"] = [[item.binding, item.location, item.response_location] for item in provider.single_logout_services]
    fields["signing_keys"] = [_text(key) for key in provider.signing_keys]
    fields["encryption_keys"] = [[_text(key.public_key_der), *key.methods] for key in provider.encryption_keys]
    fields["requested"] = [[item.name, item.name_format, item.is_required] for item in provider.requested_attributes]
    fields["valid_until"] = provider.valid_until and provider.valid_until.isoformat()
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def read_record(record: bytes) -> ServiceProvider:
    """Read what `write_record` wrote."""
    fields = json.loads(record)
    valid_until = fields["valid_until"]
    plain: dict[str, Any] = {key: fields[key] for key in _PLAIN}
    lists: dict[str, Any] = {key: tuple(fields[key]) for key in _LISTS}
    return ServiceProvider(
        **plain,
        **lists,
        assertion_consumer_services=tuple(Endpoint(*item) for item in fields["acs"]),
        signing_keys=tuple(base64.b64decode(key) for key in fields["signing_keys"]),
        encryption_keys=tuple(
            EncryptionKey(base64.b64decode(key), tuple(methods)) for key, *methods in fields["encryption_keys"]
        ),
        requested_attributes=tuple(RequestedAttribute(*item) for item in fields["requested"]),
        # An index of an older release has none.
        single_logout_services=tuple(LogoutEndpoint(*item) for item in fields.get("slo", ())),
        valid_until=valid_until and datetime.fromisoformat(valid_until),
    )


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
