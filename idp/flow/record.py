"""How subjects and proofs are written into the store and read back."""

import json
from datetime import UTC, datetime
from typing import Any

from idp.core.proof import Binding, Factor, Proof
from idp.core.subject import Subject

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Write a value as short JSON."""


def moment_to_json(moment: datetime) -> float:
    """Write a moment as seconds since 1970."""
    return moment.timestamp()


def moment_from_json(value: float) -> datetime:
    """Read a moment back, aware and in UTC."""
    return datetime.fromtimestamp(value, UTC)


def subject_to_json(subject: Subject | None) -> list[str] | None:
    """Write a subject."""
    return [subject.id, subject.username, subject.dn] if subject else None


def subject_from_json(value: list[str] | None) -> Subject | None:
    """Read a subject back."""
    return Subject(*value) if value else None


def proof_to_json(proof: Proof) -> list[Any]:
    """Write a proof."""
    bound_at = moment_to_json(proof.bound_at) if proof.bound_at is not None else None
    return [proof.method, sorted(proof.factors), moment_to_json(proof.at), proof.binding, bound_at]


def proof_from_json(value: list[Any]) -> Proof:
    """Read a proof back."""
    method, factors, at, binding, *rest = value
    return Proof(
        method,
        frozenset(map(Factor, factors)),
        moment_from_json(at),
        Binding(binding) if binding else None,
        moment_from_json(rest[0]) if rest and rest[0] is not None else None,
    )
