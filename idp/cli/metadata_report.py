"""What `warifu metadata` says of service providers and sources."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from idp.federation.folder import FolderFile, SourceUnreadableError, list_folder, look_at
from idp.federation.health import SourceHealth
from idp.federation.service_provider import ServiceProvider
from idp.federation.signed import TrustedSource
from idp.settings.metadata_source import MetadataSource
from idp.settings.model import Metadata

_SECONDS_A_DAY = 86_400


def describe_provider(provider: ServiceProvider) -> Iterator[str]:
    """Give what is known of one, a line each."""
    yield f"entityID: {provider.entity_id}"
    yield f"name: {provider.display_name('en')}"
    yield f"source: {provider.source}"
    yield f"registered by: {provider.registration_authority or 'nobody is named'}"
    if provider.valid_until is not None:
        yield f"valid until: {provider.valid_until:%F %R} UTC"
    for category in provider.entity_categories:
        yield f"entity category: {category}"
    for endpoint in provider.assertion_consumer_services:
        yield f"answers go to: {endpoint.index} {endpoint.location} ({endpoint.binding.rpartition(':')[2]})"
    yield f"keys: {len(provider.signing_keys)} to sign, {len(provider.encryption_keys)} to encrypt to"
    for attribute in provider.requested_attributes:
        yield f"asks for: {attribute.name}{' (required)' if attribute.is_required else ''}"


def describe_source(health: SourceHealth, now: datetime) -> str:
    """Give one line of a source: name, what it has, how old it is, how long it lasts."""
    facts = [f"{health.documents} document{'' if health.documents == 1 else 's'}"]
    if health.issued is not None:
        facts.append(f"issued {health.issued:%F %R} UTC")
    if health.confirmed is not None:
        facts.append(f"fetched {int((now - health.confirmed).total_seconds() // 60)} minutes ago")
    if health.valid_until is not None:
        days = (health.valid_until - now).total_seconds() / _SECONDS_A_DAY
        facts.append(f"{days:.1f} days to go")
    facts.append(health.ending(now) or ("not well" if health.problem else "well"))
    return f"{health.name}: {', '.join(facts)}"


def explain(metadata: Metadata, entity_id: str, now: datetime) -> Iterator[str]:
    """Say for each source whether it has the entity and whether it is taken; the documents are read for that."""
    for source in metadata.sources:
        trusted = TrustedSource(source)
        try:
            files = _files(metadata, source, now)
        except OSError as error:
            yield f"{source.name}: cannot be read: {error.strerror}"
            continue
        for file in files:
            yield f"{file.name}: {_explain(metadata, trusted, file, entity_id, now)}"
    yield f"{metadata.folder}: see `warifu metadata list`, which names the file"


def _files(metadata: Metadata, source: MetadataSource, now: datetime) -> list[FolderFile]:
    if source.folder is not None:
        return list_folder(source.folder, now, source.name)
    path: Path = source.file or metadata.fetched(source)
    return [look_at(path, now, source.name, is_alone=True)]


def _explain(metadata: Metadata, trusted: TrustedSource, file: FolderFile, entity_id: str, now: datetime) -> str:
    try:
        news = trusted.read(
            file, None, now, allow_loopback_http=metadata.allow_loopback_http, temporary=metadata.index.parent
        )
    except SourceUnreadableError as error:
        return f"the document is refused: {error}"
    return news.why(entity_id)
