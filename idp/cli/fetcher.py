"""Fetches metadata beside the refresher's rounds, so that a slow server holds up nothing else (security.md F-11)."""

import threading
from collections.abc import Callable

from idp.core.clock import system_clock
from idp.federation.fetching import fetch_due
from idp.web.site import Site

EVERY_SECONDS = 5.0


class Fetcher:
    """A thread that ends with its process: what it was fetching is fetched again by the next."""

    def __init__(self, site: Callable[[], Site]) -> None:
        self._site = site
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fetcher", daemon=True)

    def start(self) -> None:
        """Begin to go round."""
        self._thread.start()

    def stop(self) -> None:
        """Go on no further round; a document under way is not waited for."""
        self._is_done.set()

    def _run(self) -> None:
        while not self._is_done.is_set():
            site = self._site()
            try:
                for outcome in fetch_due(site.settings.metadata, system_clock()):
                    site.log.info("metadata_fetched", source=outcome.source, new=outcome.is_new, error=outcome.problem)
            except OSError as error:
                site.log.error("metadata_not_kept", detail=str(error))
            except Exception:
                # One round that fails must not be the last.
                site.log.exception("fetcher_failed")
            self._is_done.wait(EVERY_SECONDS)
