"""The whole table."""

from tests.sabotage import browser, keeping, messages, proofs

TABLE = (*messages.ROWS, *proofs.ROWS, *browser.ROWS, *keeping.ROWS)
