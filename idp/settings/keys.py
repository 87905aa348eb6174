"""Which keys a table of the configuration may have; for what was misspelt, and for what must never be set."""

import difflib
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from idp.settings.lines import Where

FORBIDDEN: dict[str, str] = {
    "want_authn_requests_only_with_valid_cert": "it accepts a request whose signature is wrong",
    "only_use_keys_in_metadata": "it lets a message bring the key that verifies it",
    "disable_ssl_certificate_validation": "it trusts whoever answers",
    "verify_ssl_cert": "it trusts whoever answers",
    "allow_unsolicited": "it accepts answers that nobody asked for",
    "want_response_signed": "what is signed is decided for each service provider by its metadata",
    "want_assertions_or_response_signed": "what is signed is decided for each service provider by its metadata",
    "accepted_time_diff": "the clock skew is saml.clock_skew_seconds",
    "xmlsec_binary": "signatures are made and verified in process",
    "crypto_backend": "signatures are made and verified in process",
}
"""Options of pysaml2 that weaken it, and why none is passed on (security.md A-23)."""


def find_forbidden(table: Any, where: Where = ()) -> list[Where]:
    """Give every place of a forbidden option, in whatever table it hides."""
    found: list[Where] = []
    if isinstance(table, dict):
        for key, value in table.items():
            if key in FORBIDDEN:
                found.append((*where, key))
            found += find_forbidden(value, (*where, key))
    elif isinstance(table, list):
        for number, value in enumerate(table):
            found += find_forbidden(value, (*where, number))
    return found


def suggest_key(model: type[BaseModel], where: Where) -> str | None:
    """Give the key of the same table that `where` most likely meant."""
    table: Any = model
    for step in where[:-1]:
        table = _step(table, step)
    owner = _model_in(table)
    if owner is None:
        return None
    known = [field.alias or name for name, field in owner.model_fields.items()]
    near = difflib.get_close_matches(str(where[-1]), known, n=1, cutoff=0.6)
    return near[0] if near else next((key for key in known if key.startswith(str(where[-1]))), None)


def _step(annotation: Any, step: str | int) -> Any:
    model = _model_in(annotation)
    if model is None or isinstance(step, int):
        return annotation
    for name, field in model.model_fields.items():
        if step in (name, field.alias):
            return field.annotation
    return annotation


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    origin = get_origin(annotation)
    if origin in (tuple, dict, Union, UnionType):
        return next((model for part in get_args(annotation) if (model := _model_in(part))), None)
    return None
