"""Counts what people have, beside the refresher's rounds: a whole directory takes a while."""

import threading
from collections.abc import Callable

from idp.core.clock import system_clock
from idp.core.errors import DependencyError
from idp.web.site import Site
from idp.web.survey import count

FIRST_SECONDS = 60.0
HOUR_SECONDS = 3600.0
NEVER_LOOK_AGAIN_SECONDS = 600.0


class Surveyor:
    """A thread that ends with its process; the first count is a minute after the start."""

    def __init__(self, site: Callable[[], Site], first_seconds: float = FIRST_SECONDS) -> None:
        self._site = site
        self._first_seconds = first_seconds
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="surveyor", daemon=True)

    def start(self) -> None:
        """Begin to go round."""
        self._thread.start()

    def stop(self) -> None:
        """Go on no further round; a count under way is not waited for."""
        self._is_done.set()

    def _run(self) -> None:
        wait = self._first_seconds
        while not self._is_done.wait(wait):
            site = self._site()
            hours = site.settings.reports.survey_hours
            wait = hours * HOUR_SECONDS or NEVER_LOOK_AGAIN_SECONDS
            if hours:
                self._count(site)

    def _count(self, site: Site) -> None:
        try:
            count(site, system_clock())
        except DependencyError as error:
            site.log.error("not_counted", detail=error.detail)
        except Exception:
            # One round that fails must not be the last.
            site.log.exception("surveyor_failed")
