"""What is kept of a login for the person it is of: written once it has succeeded, never before."""

from idp.flow.history import Login
from idp.flow.session import name_of
from idp.flow.step import Reached
from idp.web.site import Site
from idp.web.visitor import Visitor


def note_login(site: Site, reached: Reached, session_id: str, visitor: Visitor, entity_id: str = "") -> None:
    """Write down who came from where, to which service provider, by which methods."""
    login = Login(
        at=visitor.now,
        session=name_of(session_id),
        entity_id=entity_id,
        network=visitor.network,
        address=str(visitor.address) if visitor.address else "",
        methods=tuple(proof.method for proof in reached.proofs),
        reused=reached.reused,
    )
    site.history.record(reached.subject.id, login)
