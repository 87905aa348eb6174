"""The whole table."""

from tests.sabotage import administration, browser, keeping, mail, messages, networks, proofs, registering, serving

TABLE = (
    *messages.ROWS,
    *proofs.ROWS,
    *browser.ROWS,
    *keeping.ROWS,
    *mail.ROWS,
    *networks.ROWS,
    *administration.ROWS,
    *registering.ROWS,
    *serving.ROWS,
)
