"""How fresh a proof has to be for the help desk."""

from dataclasses import replace
from datetime import timedelta

from idp.flow.session import Session
from idp.web.site import Site
from idp.web.visitor import Visitor, session_of


def counting_session(site: Site, visitor: Visitor, *, is_act: bool) -> Session | None:
    """Give what the session proves at the help desk: for an act only what was proved in the last few minutes."""
    session, desk = session_of(site, visitor), site.settings.helpdesk
    if session is None or desk is None or not is_act:
        return session
    oldest = visitor.now - timedelta(minutes=desk.fresh_minutes)
    proofs = tuple(proof for proof in session.proofs if proof.at >= oldest)
    return replace(session, proofs=proofs) if proofs else None
