"""Making a set of codes: shown once to be kept, hashed when the person says that it is (people.md 5, screen 10)."""

import secrets
from zoneinfo import ZoneInfo

from idp.plugin import (
    Ask,
    Binding,
    Code,
    Confirmed,
    Download,
    Refused,
    Registered,
    Secret,
    Subject,
    Tools,
    Trial,
    Visit,
    Wrong,
)
from idp.plugin.texts import texts_of
from plugins.recovery.codes import SALT_BYTES, SEED_BYTES, Hashes, codes_of
from plugins.recovery.credential import RECOVERY, standing_set, write


class CodesEnrolment:
    """The registration of one set of codes; of the method's settings it needs how many they are."""

    def __init__(self, codes: int) -> None:
        self._codes = codes

    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        """Say since when there are codes, how they were bound, and how many are left."""
        found = standing_set(subject, tools)
        if found is None:
            return ()
        one = Registered(found.credential.id, found.bound_at, found.binding, used=found.used_at, left=found.count)
        return (one,)

    def offered_after(self, method: str) -> bool:
        """Whatever else was registered: who loses it needs these."""
        return method != "recovery"

    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        """Show new codes, or those in `visit.state` again."""
        return self._show(_offered(visit.state) or Secret(secrets.token_bytes(SEED_BYTES)))

    def download(self, visit: Visit, tools: Tools) -> Download | Refused:
        """Give the codes of the offer as a file."""
        seed = _offered(visit.state)
        if seed is None or visit.subject is None:
            return Refused(Code.OFFER_EXPIRED)
        return Download("recovery-codes.txt", self.text(seed, visit.subject, visit.language, tools))

    def codes(self, seed: Secret) -> tuple[str, ...]:
        """Give the codes of a seed."""
        return codes_of(seed, self._codes)

    def text(self, seed: Secret, subject: Subject, language: str, tools: Tools) -> str:
        """Give the codes of a seed as they are kept: whose they are, and what to do with them."""
        say = texts_of(__package__, language)["recovery"]["file"]
        site = tools.site.names.get(language) or next(iter(tools.site.names.values()), "")
        lines = [
            say["title"].format(site=site),
            say["person"].format(username=subject.username),
            say["date"].format(date=f"{tools.now.astimezone(ZoneInfo(tools.site.time_zone)):%Y-%m-%d}"),
            "",
            *(f"{number:2}. {code}" for number, code in enumerate(self.codes(seed), start=1)),
            "",
            say["once"],
            say["keep"],
            "",
        ]
        return "\r\n".join(lines)

    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        """Take the person's word that the codes are kept."""
        seed = _offered(visit.state)
        if seed is None:
            return Refused(Code.OFFER_EXPIRED)
        if visit.form.get("kept") != "yes":
            return Wrong(Code.CODES_NOT_KEPT, self._show(seed))
        return Confirmed(seed.reveal())

    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        """Keep the hashes, in place of the former set in one modify."""
        hashes = Hashes.make(Secret(confirmed.state), self._codes, secrets.token_bytes(SALT_BYTES))
        values, sealed, facts = write(hashes, binding, tools.now)
        if former is None:
            return tools.credentials.insert(subject, RECOVERY, values, sealed, facts, at_most=1) is not None
        standing = next((each for each in tools.credentials.list(subject, RECOVERY) if each.id == former.id), None)
        return standing is not None and tools.credentials.supersede(subject, standing, RECOVERY, values, sealed, facts)

    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        """Take the set away."""
        standing = next((each for each in tools.credentials.list(subject, RECOVERY) if each.id == former.id), None)
        return standing is not None and tools.credentials.delete(subject, standing, RECOVERY)

    def _show(self, seed: Secret) -> Ask:
        return Ask("register", {"codes": " ".join(codes_of(seed, self._codes))}, state=seed.reveal())


def _offered(state: bytes) -> Secret | None:
    return Secret(state) if len(state) == SEED_BYTES else None
