"""A refusal is written down twice: for the audit log, and for whoever helps the person it is of."""

from dataclasses import replace

from idp.core.codes import Code
from idp.flow.conversation import Held
from idp.flow.refusals import Refusal
from idp.flow.step import Page, Stuck
from idp.saml.model import AuthnRequest
from idp.web.audit_event import judged
from idp.web.site import Site
from idp.web.visitor import Visitor


def record_judgement(
    site: Site, held: Held, authn_request: AuthnRequest | None, step: Page | Stuck, visitor: Visitor
) -> None:
    """Write down what a method said to what a person gave."""
    site.audit.record(judged(held, authn_request, step, visitor))
    code = step.problem if isinstance(step, Page) else step.code
    if code is None:
        return
    refusal = replace(
        refusal_here(code, visitor),
        method=step.attempted,
        entity_id=authn_request.service_provider.entity_id if authn_request is not None else "",
        rule=step.rule,
        hint=step.hint if isinstance(step, Page) else None,
    )
    site.refusals.record(step.claimed or step.conversation.subject, refusal)


def refusal_here(code: Code, visitor: Visitor) -> Refusal:
    """Give a refusal of this visitor, as the help desk is to know of it."""
    address = str(visitor.address) if visitor.address else ""
    return Refusal(visitor.now, code, network=visitor.network, address=address)
