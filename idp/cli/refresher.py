"""The refresher: keeps the index of service providers and the store in order and sends letters, beside the server."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from idp.cli.fetcher import Fetcher
from idp.cli.postman import Postman
from idp.cli.safety import load_safe
from idp.cli.surveyor import Surveyor
from idp.core.clock import system_clock
from idp.core.errors import ConfigError, DependencyError
from idp.federation.health import SourceHealth, look_at_sources
from idp.federation.refresh import RefreshReport, refresh
from idp.web.site import Site

SWEPT_AT_ONCE = 500
SWEEP_EVERY_SECONDS = 30.0


class Refresher:
    """Runs until SIGTERM or SIGINT; takes the configuration anew on SIGHUP. Raises ConfigError when it is made."""

    def __init__(self, conf: Path) -> None:
        self._conf = conf
        self._site = load_safe(conf, system_clock())
        self._told: list[str] = []
        self._alarmed: list[str] = []
        self._woken = threading.Event()
        self._must_stop = False
        self._must_reload = False

    def run(self) -> None:
        """Go round; what is down in one round may be up in the next."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)
        fetcher = Fetcher(lambda: self._site)
        fetcher.start()
        postman = Postman(lambda: self._site)
        postman.start()
        surveyor = Surveyor(lambda: self._site)
        surveyor.start()
        sweep_at = time.monotonic() + SWEEP_EVERY_SECONDS
        while not self._must_stop:
            self._woken.clear()
            if self._must_reload:
                self._reload()
            self._attempt(self._refresh)
            if time.monotonic() >= sweep_at:
                sweep_at = time.monotonic() + SWEEP_EVERY_SECONDS
                self._attempt(self._sweep)
            if not (self._must_stop or self._must_reload):
                self._woken.wait(self._site.settings.metadata.refresh_seconds)
        fetcher.stop()
        postman.stop()
        surveyor.stop()

    def _hear(self, number: int, _frame: object) -> None:
        self._must_stop |= number != signal.SIGHUP
        self._must_reload |= number == signal.SIGHUP
        self._woken.set()

    def _reload(self) -> None:
        """Take the configuration as it is now; one that cannot be used leaves the old one (F-13)."""
        self._must_reload = False
        before: Site = self._site
        try:
            self._site = load_safe(self._conf, system_clock())
        except (ConfigError, OSError) as error:
            detail = error.detail if isinstance(error, ConfigError) else str(error)
            before.log.error("configuration_not_taken", detail=detail)
        else:
            before.close()

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (OSError, DependencyError) as error:
            self._site.log.error("refresher_round_failed", error=type(error).__name__, detail=str(error))

    def _refresh(self) -> None:
        now, metadata = system_clock(), self._site.settings.metadata
        report = refresh(metadata, now)
        self._tell(report)
        self._watch(look_at_sources(metadata, report), now)

    def _sweep(self) -> None:
        while self._site.store.sweep(SWEPT_AT_ONCE) >= SWEPT_AT_ONCE:
            pass

    def _watch(self, sources: list[SourceHealth], now: datetime) -> None:
        """Measure how the sources do, and raise an alarm when one is about to end (M-03)."""
        metrics = self._site.metrics
        for source in sources:
            metrics.set("metadata_problems", bool(source.problem), now, source=source.name)
            if source.valid_until is not None:
                left = (source.valid_until - now).total_seconds()
                metrics.set("metadata_valid_seconds", left, now, source=source.name)
            if source.confirmed is not None:
                age = (now - source.confirmed).total_seconds()
                metrics.set("metadata_age_seconds", age, now, source=source.name)
        endings = [ending for source in sources if (ending := source.ending(now))]
        for ending in endings:
            if ending not in self._alarmed:
                self._site.log.error("alarm", message=f"metadata: {ending}")
        self._alarmed = endings

    def _tell(self, report: RefreshReport) -> None:
        """Tell the operator of what was not so in the round before."""
        lines = [*map(str, report.problems), *map(str, report.conflicts), *map(str, report.refusals)]
        for line in lines:
            if line not in self._told:
                self._site.log.warning("metadata", detail=line)
        self._told = lines
