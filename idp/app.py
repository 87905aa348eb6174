"""`load(conf)`: one function for start, check and reload; whatever is wrong is said before anything is served."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from re import fullmatch

from flask import Flask

from idp.audit import AuditLog, describe, process_logger
from idp.core.clock import Clock, system_clock
from idp.core.codes import Code
from idp.core.errors import ConfigError, Problem
from idp.core.network import parse_range
from idp.core.secret import Secret
from idp.directory import open_directory
from idp.federation.index import Federation
from idp.federation.signed import verify_sources
from idp.flow.acquaintance import MADE, Acquaintances, made_at
from idp.flow.caution import Cautions
from idp.flow.conversation import Conversations
from idp.flow.engine import Engine
from idp.flow.history import History
from idp.flow.logout import Logouts
from idp.flow.participation import Participations
from idp.flow.policy import Policy
from idp.flow.refusals import Refusals
from idp.flow.registration import Registrations
from idp.flow.session import Sessions
from idp.flow.throttle import Throttle
from idp.flow.ticket import Tickets
from idp.flow.trusted import PASSWORD_CHANGED, TrustedBrowsers, password_changed
from idp.flow.ways import verify_ways
from idp.letters import MethodLetters
from idp.mail import open_outbox
from idp.metrics import Metrics
from idp.not_me import NotMe
from idp.notices import LANGUAGE_ATTRIBUTE, MethodNotices, Notices
from idp.plugin import Budget, Enrollable, Limit, Listener, Reading, SiteFacts, Tools
from idp.plugin.descriptor import folder_of
from idp.plugin.registry import Enabled, enable
from idp.saml.answer import ResponseWriter
from idp.saml.conditions import Expectations
from idp.saml.logout_writer import LogoutWriter
from idp.saml.own_metadata import own_metadata
from idp.seal import Sealer, load_seal_keys
from idp.settings.live_networks import LiveNetworks
from idp.settings.load import find_file, load_settings
from idp.settings.model import IdPSettings, KeyPair, Metadata
from idp.store import PluginMoments, RedisStore, SQLiteStore, Store
from idp.web.application import make_application
from idp.web.forms import FormTokens
from idp.web.paths import REGISTER, SLO_PATHS, SSO_PATHS
from idp.web.plugin_pages import verify_guides, verify_templates, verify_texts
from idp.web.render import GUIDES, STATIC, make_environment
from idp.web.site import Site
from idp.words import Words
from idp.xml.decrypt import DecryptionKey
from idp.xml.sign import SigningKey, certificate_der

__all__ = ["Site", "load", "make_confirmation", "make_store", "make_wsgi"]

OUR_WORDS = Path(__file__).parent / "web" / "words"
CONFIRMATION_METADATA = "connection-confirmation.xml"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def load(conf: Path, clock: Clock = system_clock) -> Site:
    """Read the configuration in `conf` and make the site; nobody is asked anything yet.

    Raises ConfigError with what is wrong.
    """
    settings = load_settings(conf)
    enabled = enable(settings.methods, settings.plugins, conf)
    verify_ways(settings.login, enabled, str(find_file(conf)))
    verify_texts(enabled, settings.site.languages)
    folders = {name: folder_of(each.plugin) for name, each in enabled.items()}
    words = Words.load([OUR_WORDS, *(folder / "words" for folder in folders.values())], settings.site.languages)
    environment = make_environment(
        {name: folder / "templates" for name, folder in folders.items()},
        words,
        register_url=REGISTER if any(isinstance(each.method, Enrollable) for each in enabled.values()) else "",
        guides=find_file(conf).parent / GUIDES,
    )
    verify_templates(enabled, environment, words)
    verify_guides(find_file(conf).parent / GUIDES, enabled, environment, words)
    store = make_store(settings, clock)
    sealer = Sealer(load_seal_keys(settings.keys.seal))
    wanted = [attribute.source for attribute in settings.attributes.values() if ":" not in attribute.source]
    for each in enabled.values():
        wanted += each.method.reads if isinstance(each.method, Reading) else ()
    wanted += [LANGUAGE_ATTRIBUTE, *(settings.mail.read_attributes if settings.mail else ())]
    trusted = TrustedBrowsers(
        store,
        timedelta(days=settings.login.remembered_days),
        lambda subject: password_changed(directory.people.attributes(subject)),
    )
    policy = Policy(settings.login, settings.service_provider, settings.site.time_zone, trusted.trusts)
    wanted += [*settings.helpdesk.search, settings.helpdesk.name_attribute] if settings.helpdesk else []
    wanted += [*made_at(policy, settings.directory.id_attribute), *_age_of_accounts(settings)]
    wanted += PASSWORD_CHANGED if policy.remembers else ()
    directory = open_directory(settings.directory, sealer, clock, wanted=wanted, store=store)
    signing_keys = [_signing_key(pair) for pair in settings.keys.signing]
    throttle = Throttle(store, _budgets(enabled, settings.limits))
    log = process_logger(settings.audit)
    metrics = Metrics(settings.metadata.index.parent / "metrics")
    outbox = open_outbox(settings, log, metrics)
    site = settings.site
    facts = SiteFacts(
        site.entity_id,
        site.base_url,
        site.name,
        site.otp_issuer,
        site.time_zone,
        settings.listen.certificate_url,
    )
    expectations = _expectations(settings)
    cookie_key = _cookie_key(settings.keys.cookie)
    acquaintances = Acquaintances(
        policy, directory.people, store, settings.directory.group_attribute, settings.directory.id_attribute
    )

    not_me = NotMe(cookie_key, settings.site.base_url, timedelta(days=settings.registration.not_me_days))
    notices = Notices(directory.people, outbox, words, settings, log, metrics, not_me)

    def toolbox(plugin: str, now: datetime) -> Tools:
        moments = PluginMoments(store, plugin)
        letters = MethodLetters(plugin, now, directory.people, outbox, words, settings)
        told = MethodNotices(notices, plugin, now)
        digest = partial(_digest, cookie_key, plugin)
        return Tools(now, directory.people, directory.credentials, moments, letters, told, facts, alarm, digest)

    def alarm(message: str) -> None:
        log.error("alarm", message=message)

    def networks_changed(problems: Sequence[Problem]) -> None:
        if not problems:
            log.info("networks changed")
        for problem in problems:
            alarm(str(problem))
            metrics.count("failures", code=str(Code.SETTINGS_INVALID))

    def report(method: str, error: BaseException) -> None:
        log.error("a method failed", method=method, error=type(error).__name__, detail=describe(error))

    history = History(store)
    cautions = Cautions(
        settings.registration, store, directory.people, history, enabled, settings.directory.id_attribute
    )
    registrations = Registrations(enabled, throttle, sealer, store, toolbox, report)

    return Site(
        settings=settings,
        clock=clock,
        store=store,
        directory=directory.people,
        federation=_federation(settings.metadata, clock),
        methods=enabled,
        engine=Engine(policy, enabled, throttle, toolbox, acquaintances.greet, report, _listeners(settings)),
        policy=policy,
        acquaintances=acquaintances,
        throttle=throttle,
        registrations=registrations,
        conversations=Conversations(
            store, timedelta(minutes=settings.session.conversation_minutes), _longest_acceptance(expectations)
        ),
        sessions=Sessions(
            store,
            idle=timedelta(minutes=settings.session.idle_minutes),
            absolute=timedelta(hours=settings.session.absolute_hours),
        ),
        history=history,
        cautions=cautions,
        not_me=not_me,
        participations=Participations(store),
        logouts=Logouts(store, _longest_acceptance(expectations)),
        trusted=trusted,
        refusals=Refusals(store),
        tickets=Tickets(store),
        signing_key=signing_keys[0],
        decryption_keys=tuple(map(_decryption_key, settings.keys.encryption)),
        writer=ResponseWriter(
            settings.site.entity_id, signing_keys[0], timedelta(seconds=settings.saml.assertion_lifetime_seconds)
        ),
        logout_writer=LogoutWriter(settings.site.entity_id, signing_keys[0]),
        expectations=expectations,
        tokens=FormTokens(cookie_key, [_cookie_key(each) for each in settings.keys.previous_cookie]),
        words=words,
        environment=environment,
        static_folders={
            GUIDES: find_file(conf).parent / GUIDES,
            **{name: folder / "static" / name for name, folder in folders.items()},
        },
        audit=AuditLog(settings.audit, clock),
        metrics=metrics,
        log=log,
        networks=LiveNetworks(find_file(conf), networks_changed, clock()),
        proxies=tuple(parse_range(each) for each in settings.listen.proxies),
        service_provider_settings={each.entity_id: each for each in settings.service_provider},
        own_metadata=own_metadata(
            settings,
            [key.certificate_der for key in signing_keys],
            [_decryption_key(pair).certificate_der for pair in settings.keys.encryption],
        ),
        toolbox=toolbox,
        close_directory=directory.close,
        keeper=directory.keeper,
        directory_writer=directory.writer,
        notices=notices,
        outbox=outbox,
    )


def make_wsgi(site: Site) -> Flask:
    """Give the WSGI application of a site."""
    return make_application(site)


def make_confirmation(settings: IdPSettings, clock: Clock = system_clock) -> Flask:
    """Give the WSGI application of the confirmation service provider; it never reads our private keys.

    Its metadata is laid into the folder of service providers, so that it is registered. Raises ConfigError.
    """
    from idp import mfatest  # noqa: PLC0415 - pysaml2's client takes a second to import; the site has no use for it

    confirmation = settings.confirmation
    if confirmation is None:
        raise ConfigError([Problem("idp.toml", "confirmation", "it is not configured", "Add the table [confirmation]")])
    words = Words.load([OUR_WORDS], settings.site.languages)
    environment = make_environment({"mfatest": mfatest.TEMPLATES}, words)
    certificates = [certificate_der(pair.certificate.read_bytes()) for pair in settings.keys.signing]
    own = own_metadata(settings, certificates)
    mfatest.write_metadata(
        confirmation, words, settings.metadata.folder / CONFIRMATION_METADATA, settings.site.languages
    )
    look = mfatest.Look(
        settings.site, words, lambda name, context: environment.get_template(name).render(context), STATIC
    )
    return mfatest.make_wsgi(confirmation, lambda: own, clock, look)


def make_store(settings: IdPSettings, clock: Clock) -> Store:
    """Open the store that the configuration names."""
    if settings.store.redis:
        password_file = settings.store.redis_password_file
        password = Secret(_read(password_file).strip()) if password_file else None
        return RedisStore(settings.store.redis, password, clock)
    if settings.store.path is None:
        raise ConfigError([Problem("idp.toml", "store", "neither path nor redis is set", "Set store.path")])
    return SQLiteStore(settings.store.path, clock)


def _federation(settings: Metadata, clock: Clock) -> Federation:
    """Give the service providers. Raises ConfigError where a source could not be verified."""
    verify_sources(settings.sources)
    return Federation(settings.index, clock)


def _signing_key(pair: KeyPair) -> SigningKey:
    return SigningKey.from_pem(Secret(_read(pair.key)), _read(pair.certificate), file=str(pair.key))


def _decryption_key(pair: KeyPair) -> DecryptionKey:
    return DecryptionKey.from_pem(Secret(_read(pair.key)), _read(pair.certificate), file=str(pair.key))


def _cookie_key(path: Path) -> Secret:
    key = Secret(_read(path).strip())
    if len(key.reveal()) < 32:
        raise ConfigError([Problem(str(path), "", "the key is shorter than 32 octets", "Make one: warifu init")])
    return key


def _digest(key: Secret, plugin: str, value: bytes) -> bytes:
    """Hash with our key, for one plug-in alone."""
    return hmac.digest(key.reveal(), b"digest\0" + plugin.encode() + b"\0" + value, "sha256")


def _read(path: Path) -> bytes:
    """Read a file that the configuration names. Raises ConfigError."""
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise ConfigError([Problem(str(path), "", what, "Name a file that can, or make it: warifu init")]) from error


def _expectations(settings: IdPSettings) -> Expectations:
    base = settings.site.base_url
    rows = settings.service_provider
    return Expectations(
        destinations={binding: frozenset({base + path}) for binding, path in SSO_PATHS.items()},
        logout_destinations={binding: frozenset({base + path}) for binding, path in SLO_PATHS.items()},
        message_lifetime=timedelta(seconds=settings.saml.message_lifetime_seconds),
        clock_skew=timedelta(seconds=settings.saml.clock_skew_seconds),
        strict_relay_state=settings.saml.strict_relay_state,
        allow_sha1=frozenset(row.entity_id for row in rows if row.allow_sha1),
        clock_skews={
            row.entity_id: timedelta(seconds=row.clock_skew_seconds)
            for row in rows
            if row.clock_skew_seconds is not None
        },
    )


def _age_of_accounts(settings: IdPSettings) -> Sequence[str]:
    """Give the attribute that tells how long an account has not been used, if that is asked for."""
    return (MADE[settings.directory.id_attribute],) if settings.registration.never_used_days else ()


def _listeners(settings: IdPSettings) -> frozenset[Listener]:
    """Give where a browser may be sent to: the certificate listener, if browsers know its address."""
    return frozenset({Listener.CERTIFICATE} if settings.listen.certificate_url else ())


def _longest_acceptance(expectations: Expectations) -> timedelta:
    """Give how long a request can be neither too new nor too old, of the most lenient service provider (A-11)."""
    skews = (expectations.clock_skew, *expectations.clock_skews.values())
    return 2 * (expectations.message_lifetime + max(skews))


def _budgets(
    enabled: Mapping[str, Enabled], limits: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> dict[str, Budget | None]:
    own = {name: _budget(each.plugin.budget, limits.get(name, {})) for name, each in enabled.items()}
    return {name: _shared(name, budget, own, limits) for name, budget in own.items()}


def _shared(
    name: str,
    budget: Budget | None,
    budgets: Mapping[str, Budget | None],
    limits: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> Budget | None:
    """Give a budget the numbers of the method it is shared with. Raises ConfigError where it has its own."""
    other = budgets.get(budget.shared_with) if budget is not None else None
    if budget is None or other is None:
        return budget
    if name in limits:
        what = f"{name} takes its tries out of the budget of {budget.shared_with}"
        raise ConfigError([Problem("idp.toml", f"limits.{name}", what, f"Set limits.{budget.shared_with}")])
    return replace(other, lanes=budget.lanes, shared_with=budget.shared_with)


def _budget(shipped: Budget | None, limits: Mapping[str, tuple[str, ...]]) -> Budget | None:
    if shipped is None:
        return None
    person = tuple(map(_limit, limits["person"])) if "person" in limits else shipped.person
    address = tuple(map(_limit, limits["address"])) if "address" in limits else shipped.address
    return replace(shipped, person=person, address=address)


def _limit(text: str) -> Limit:
    """Read "5/5m": so many tries in so many seconds, minutes, hours or days."""
    match = fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,4})([smhd])", text)
    if match is None:
        remedy = 'Write tries and time, e.g. "5/5m", "20/1h", "50/1d"'
        raise ConfigError([Problem("idp.toml", "limits", f"{text!r} is no limit", remedy)])
    tries, count, unit = match.groups()
    return Limit(int(tries), timedelta(seconds=int(count) * UNITS[unit]))
