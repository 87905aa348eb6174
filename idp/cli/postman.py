"""Sends letters beside the refresher's rounds, so that a slow mail server holds up nothing else (security.md F-15)."""

import threading
from collections.abc import Callable

from idp.core.clock import system_clock
from idp.core.errors import DependencyError
from idp.web.site import Site

EVERY_SECONDS = 2.0


class Postman:
    """A thread that ends with its process: what it was sending is sent again by the next."""

    def __init__(self, site: Callable[[], Site]) -> None:
        self._site = site
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)

    def start(self) -> None:
        """Begin to go round."""
        self._thread.start()

    def stop(self) -> None:
        """Go on no further round; a letter under way is not waited for."""
        self._is_done.set()

    def _run(self) -> None:
        while not self._is_done.is_set():
            site = self._site()
            try:
                if site.outbox is not None:
                    site.outbox.deliver(system_clock)
            except DependencyError as error:
                site.log.error("letters_not_read", detail=error.detail)
            except Exception:
                # One round that fails must not be the last.
                site.log.exception("postman_failed")
            self._is_done.wait(EVERY_SECONDS)
