"""What is registered, as pages write it: for each method its items, each with its name and moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from idp.core.errors import DependencyError, SealError
from idp.core.subject import Subject
from idp.plugin import Registered
from idp.web.paths import REGISTER, RESET
from idp.web.site import Site
from idp.web.trouble import has_trouble_page, trouble_url
from idp.web.visitor import Visitor
from idp.web.written import written_method, written_moment


@dataclass(frozen=True, slots=True)
class Item:
    """One thing registered; moments are written out, empty where nobody knows. `left` counts what wears out."""

    id: str
    label: str
    since: str
    used: str
    binding: str
    change_url: str
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What the account page says of one method.

    Where several may stand, `may_add` tells whether there is room. Without `is_known` it could not be read whether
    anything is registered. `trouble_url` is the page about lost and new devices, if the method has one.
    """

    name: str
    items: tuple[Item, ...]
    is_several: bool
    may_add: bool
    register_url: str
    reset_url: str
    is_known: bool = True
    trouble_url: str = ""


def row_of(site: Site, name: str, subject: Subject, visitor: Visitor) -> Row:
    """Give what is registered of a method; where it cannot be read it is unknown, and the other rows are good."""
    most, is_known = site.registrations.most(name), True
    found: tuple[Registered, ...] = ()
    try:
        found = site.registrations.registered(name, subject, visitor.now)
    except (DependencyError, SealError) as error:
        site.log.error("cannot say what is registered", method=name, code=str(error.code), detail=error.detail)
        is_known = False
    return Row(
        name=written_method(site, visitor.language, name),
        items=items_of(site, name, found, visitor.language),
        is_several=most > 1,
        may_add=len(found) < most,
        register_url=f"{REGISTER}?method={name}",
        reset_url=f"{RESET}?method={name}",
        is_known=is_known,
        trouble_url=trouble_url(name) if has_trouble_page(site, name) else "",
    )


def items_of(site: Site, method: str, found: Sequence[Registered], language: str) -> tuple[Item, ...]:
    """Write out all of a method, in the order it gives them."""
    return tuple(item_of(site, method, each, number, language) for number, each in enumerate(found, 1))


def item_of(site: Site, method: str, found: Registered, number: int, language: str) -> Item:
    """Write out one; what has no name of its own bears the method's, and from the second on a number."""
    plain = written_method(site, language, method)
    return Item(
        id=found.id,
        label=found.label or (plain if number == 1 else f"{plain} ({number})"),
        since=written_moment(site, found.since),
        used=written_moment(site, found.used),
        binding=found.binding.value,
        left=found.left,
        change_url=f"{RESET}?{urlencode({'method': method, 'credential': found.id})}",
    )
