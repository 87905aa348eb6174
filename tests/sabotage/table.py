"""The whole table."""

from tests.sabotage import (
    account,
    administration,
    browser,
    certificates,
    helpdesk,
    keeping,
    lookup,
    mail,
    messages,
    networks,
    passkeys,
    plugins,
    proofs,
    registering,
    rollout,
    serving,
)

TABLE = (
    *account.ROWS,
    *messages.ROWS,
    *proofs.ROWS,
    *browser.ROWS,
    *certificates.ROWS,
    *keeping.ROWS,
    *mail.ROWS,
    *networks.ROWS,
    *administration.ROWS,
    *registering.ROWS,
    *lookup.ROWS,
    *rollout.ROWS,
    *helpdesk.ROWS,
    *serving.ROWS,
    *plugins.ROWS,
    *passkeys.ROWS,
)
