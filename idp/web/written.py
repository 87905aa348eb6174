"""Moments, places and methods as a page writes them for a person."""

from datetime import datetime
from zoneinfo import ZoneInfo

from idp.notices import place_in_words
from idp.web.site import Site


def written_moment(site: Site, moment: datetime | None) -> str:
    """Write a moment in the site's time zone (people.md R15); empty where nobody knows it."""
    if moment is None:
        return ""
    return f"{moment.astimezone(ZoneInfo(site.settings.site.time_zone)):%Y-%m-%d %H:%M %Z}"


def written_place(site: Site, language: str, network: str, address: str) -> str:
    """Write where somebody was: the network and, where it was known, the address."""
    return place_in_words(site.words, language, network, address)


def written_method(site: Site, language: str, method: str) -> str:
    """Write what a method is called: its `<name>.name`, its plain name where it has none or is not used any more."""
    key = f"{method}.name"
    return site.words.text(language, key) if key in site.words.keys else method


def written_service(site: Site, language: str, entity_id: str) -> str:
    """Write what a service provider calls itself; its entityID where it is not registered any more."""
    service_provider = site.federation.find(entity_id)
    return service_provider.display_name(language) if service_provider is not None else entity_id
