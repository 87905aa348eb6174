"""Read a source's document: its signature, how long it is valid, whom of it we take (security.md M-01, M-02, M-05)."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

from idp.core.errors import ConfigError, Problem, WarifuError
from idp.federation.folder import FolderFile, SourceUnreadableError
from idp.federation.index_file import SourceState
from idp.federation.metadata_reader import read_service_providers
from idp.federation.names import path
from idp.federation.record import write_record
from idp.federation.service_provider import ServiceProvider
from idp.settings.metadata_source import MetadataSource
from idp.xml.aggregate import Aggregate, read_aggregate
from idp.xml.datatypes import read_date_time
from idp.xml.keys import KeyRefusedError, public_key_of_pem
from idp.xml.parse import Element

_PUBLICATION = path("md:Extensions", "mdrpi:PublicationInfo")


class TrustedSource:
    """A source with the keys that its documents must be signed by. Raises ConfigError where one cannot be used."""

    def __init__(self, settings: MetadataSource) -> None:
        self.settings = settings
        self._keys = tuple(map(_read_key, settings.keys)) if settings.keys else None
        facts = settings.model_dump_json(exclude={"refresh_minutes", "max_megabytes", "ca"}).encode()
        self.mark = hashlib.sha256(b"\0".join((facts, *(self._keys or ())))).hexdigest()[:16]
        """Changes with all that decides what is taken from a document."""

    def read(
        self, file: FolderFile, last: SourceState | None, now: datetime, *, allow_loopback_http: bool, temporary: Path
    ) -> "SignedReading":
        """Verify the document; its entities are read afterwards. Raises SourceUnreadableError."""
        resources = ExitStack()
        try:
            stream = resources.enter_context(file.path.open("rb"))
            digest = hashlib.file_digest(stream, "sha256").digest()
            stream.seek(0)
            kept = resources.enter_context(TemporaryFile(dir=temporary))  # noqa: SIM115 - the reading has it
            aggregate = read_aggregate(stream, kept, self._keys)
            state = self._verify(SourceState(file.name, file.version, digest), aggregate.root, last, now)
        except (OSError, WarifuError, SourceUnreadableError) as error:
            resources.close()
            raise SourceUnreadableError(_describe(error)) from error
        return SignedReading(state, aggregate, self.settings, resources, allow_loopback_http)

    def _verify(self, state: SourceState, root: Element, last: SourceState | None, now: datetime) -> SourceState:
        """Judge the document as a whole; give its state with the moments it says."""
        valid_until = _moment(root.get("validUntil"))
        publication = root.find(_PUBLICATION)
        issued = None if publication is None else _moment(publication.get("creationInstant"))
        if self._keys is not None:
            verify_period(valid_until, now, timedelta(days=self.settings.max_valid_days))
            verify_newer(valid_until, issued, last)
        return SourceState(state.name, state.version, state.digest, (), valid_until, issued)


def verify_sources(sources: Iterable[MetadataSource]) -> None:
    """Raise ConfigError with every key of the sources that cannot be used."""
    problems: list[Problem] = []
    for source in sources:
        try:
            TrustedSource(source)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)


@dataclass(slots=True)
class SignedReading:
    """A document that was verified; `rows` reads it, after which `state` is complete."""

    state: SourceState
    _aggregate: Aggregate
    _settings: MetadataSource
    _resources: ExitStack
    _allow_loopback_http: bool

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Give entityID and record of each service provider that is taken, as they stream by."""
        refusals: list[str] = []
        found = read_service_providers(
            self._aggregate.members(), refusals, source=self.state.name, allow_loopback_http=self._allow_loopback_http
        )
        for provider in found:
            if why_not(self._settings, provider) is None:
                yield provider.entity_id, write_record(provider)
        before = self.state
        self.state = SourceState(
            before.name, before.version, before.digest, tuple(refusals), before.valid_until, before.issued
        )
        self.close()

    def why(self, entity_id: str) -> str:
        """Say whether the document has the entity, and why it is taken or is not."""
        refusals: list[str] = []
        found = read_service_providers(
            self._aggregate.members(), refusals, source=self.state.name, allow_loopback_http=self._allow_loopback_http
        )
        answer = "it is not there, or is no SAML 2.0 service provider"
        for provider in found:
            if provider.entity_id == entity_id:
                left_out = why_not(self._settings, provider)
                answer = f"it is left out: {left_out}" if left_out else "it is there and is taken"
        self.close()
        return "; ".join([answer, *(each for each in refusals if each.startswith(f"{entity_id}: "))])

    def close(self) -> None:
        """Let go of the files."""
        self._resources.close()


def why_not(settings: MetadataSource, provider: ServiceProvider) -> str | None:
    """Say which list of the source leaves the service provider out; None where it is taken."""
    if settings.entity_ids and provider.entity_id not in settings.entity_ids:
        return "entity_ids does not name it"
    if provider.entity_id in settings.except_entity_ids:
        return "except_entity_ids names it"
    if settings.entity_categories and not set(settings.entity_categories) & set(provider.entity_categories):
        return "it has none of entity_categories"
    if settings.registration_authorities and provider.registration_authority not in settings.registration_authorities:
        return f"registration_authorities does not name {provider.registration_authority or 'nobody'}"
    return None


def verify_period(valid_until: datetime | None, now: datetime, longest: timedelta) -> None:
    """Refuse a document without validUntil, one that has ended, and one that lasts too long (MD03, IIP-MD03)."""
    if valid_until is None:
        raise SourceUnreadableError("it has no validUntil")
    if valid_until <= now:
        raise SourceUnreadableError(f"it was valid until {valid_until:%F %R} UTC")
    if valid_until > now + longest:
        raise SourceUnreadableError(f"it is valid until {valid_until:%F}, longer than max_valid_days allows")


def verify_newer(valid_until: datetime | None, issued: datetime | None, last: SourceState | None) -> None:
    """Refuse a document that is older than the one before, which a thief of old documents would serve."""
    if last is None:
        return
    if issued is not None and last.issued is not None:
        if issued < last.issued:
            raise SourceUnreadableError(f"it was issued {issued:%F %R} UTC, before the one that is used")
    elif valid_until is not None and last.valid_until is not None and valid_until < last.valid_until:
        raise SourceUnreadableError(f"it is valid until {valid_until:%F %R} UTC, shorter than the one that is used")


def _read_key(file: Path) -> bytes:
    try:
        return public_key_of_pem(file.read_bytes())
    except (OSError, KeyRefusedError) as error:
        what = f"no key of a federation can be read from it ({error})"
        raise ConfigError(
            [Problem(str(file), "metadata.sources", what, "Put the signer's certificate there")]
        ) from error


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return read_date_time(text)
    except ValueError as error:
        raise SourceUnreadableError(f"validUntil or creationInstant: {error}") from error


def _describe(error: Exception) -> str:
    if isinstance(error, WarifuError):
        return error.detail
    return f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
