"""The table `[helpdesk]` of idp.toml."""

from typing import Literal

from idp.settings.base import Field, Group

DeskAct = Literal["unlock", "reset", "sessions", "issue", "revoke", "unfreeze"]
"""What the help desk may do to a person."""


class DeskRole(Group):
    """Who works at the help desk, and what they may do, to which methods (all, if none is named)."""

    name: str = Field(min_length=1)
    groups: tuple[str, ...] = Field(min_length=1)
    may: tuple[DeskAct, ...] = ()
    methods: tuple[str, ...] = ()


class HelpDesk(Group):
    """The help desk. `roles` go from the lowest rank to the highest: nobody acts on their own rank or a higher one.

    People are found by `directory.username_attribute` and the attributes of `search`, and shown with `name_attribute`.
    For an act two factors must have been proved within `fresh_minutes`.
    """

    roles: tuple[DeskRole, ...] = Field(min_length=1)
    search: tuple[str, ...] = ("mail",)
    name_attribute: str = "displayName"
    fresh_minutes: int = Field(default=15, ge=1, le=60)
    searches_an_hour: int = Field(default=120, ge=1, le=10_000)
