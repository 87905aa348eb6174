"""`[[metadata.sources]]`: documents of service providers that somebody else writes, and what is believed of them."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import model_validator

from idp.settings.base import Field, Group


class MetadataSource(Group):
    """A source of metadata: one of `file`, `folder` and `url`.

    `keys` are certificates or public keys (PEM), of which one must have signed each document; such a document has a
    validUntil, at most `max_valid_days` away. A file or folder without `keys` is trusted by its place. Taken are the
    entities that fit every list which is not empty.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    file: Path | None = None
    folder: Path | None = None
    url: str = ""
    keys: tuple[Path, ...] = ()
    max_valid_days: int = Field(default=15, ge=1, le=60)
    entity_ids: tuple[str, ...] = ()
    except_entity_ids: tuple[str, ...] = ()
    entity_categories: tuple[str, ...] = ()
    registration_authorities: tuple[str, ...] = ()
    refresh_minutes: int = Field(default=60, ge=1, le=24 * 60)
    max_megabytes: int = Field(default=256, ge=1, le=2048)
    ca: Path | None = None

    @property
    def is_remote(self) -> bool:
        """Tell whether its documents come over the network."""
        return bool(self.url)

    @model_validator(mode="after")
    def _is_one_place(self) -> "MetadataSource":
        if sum((self.file is not None, self.folder is not None, bool(self.url))) != 1:
            raise ValueError("say where it is: one of `file`, `folder` and `url`")
        if self.url and not _is_address(self.url):
            raise ValueError("`url` is an address that begins with https:// or http://, without a user name")
        if self.is_remote and not self.keys:
            raise ValueError("what comes over the network must be signed: name the signer's certificate in `keys`")
        return self


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
