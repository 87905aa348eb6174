"""The base of every settings model: frozen, and an unknown key is an error."""

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["Field", "Group", "Settings", "field_validator", "model_validator"]


class Settings(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, validate_default=True)


class Group(Settings):
    """A table inside another."""
