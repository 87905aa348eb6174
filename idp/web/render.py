"""The environment that templates are rendered in, and what they may be given.

Every page (`base.html`) needs: `page` (the data-page of the contract; our own templates set it themselves), `language`
("ja"), `site` (`idp.settings.model.Site`). It may also be given, with a default for each here (`DEFAULTS`):

language_links      (code, label, href) for each language of the site
problem             a Code, shown on top with its heading, what to do, links and the site's own old code
problem_words       set by a plug-in's template to the plug-in's name: its words say what `<name>.code.A201` and so on
                    mean here, where they do, in place of ours
retry_minutes       minutes until the next try; the text of A102 and A204 then names them
action, hidden      where the form is posted to, and its hidden fields as (name, value)
service_name        what the service provider calls itself; information_url and privacy_url: its links
tally               "password", "second" or "done"; empty shows no tally (a login with one factor)
can_return          True adds a quiet button `_eventId_return` to a method's page: nothing else may be left to do
trust_days          for how many days the person may trust this browser; 0 where they may not: the box
                    (`parts/trust.html`) is not there
alternatives        (event, label) of other methods; a quiet button `_eventId_<event>` each
person              the user name proved by an earlier step, which cannot be changed any more
password_help       the site's word for who forgot the password; empty takes our own
register_url        where an app is registered, offered with the problems that registering mends
change_url          where a password is changed
account_url         the person's own page, where that is the way on
back_url            the page that something was asked for at, where that is the way back
trouble_path        where a method's page about lost and new devices is, "?method=<name>" after it
static              the folder of the style sheet, "/idp/static"

Pages of methods (`<plugin>/<page>.html`) also get the values of their `Ask` under their own names. Those of an offer
(idp/plugin/enrol.py) also get system (what the browser says it runs on: ios, android, windows, macos, linux or empty),
is_registered, and registered_since, written out or empty.

error.html          problem is required. correlation_id: a reference for the help desk. happened_at: the time, written
                    out. return_to_service: True offers a button `_eventId_return`, posted to `action` with `hidden`
choose.html         alternatives, the first of which is the main button
logout.html         done: False asks (button `_eventId_proceed`; username: who is logged in; return_url: the way back),
                    True says it is done: outcomes are (name, "waiting", "asked", "ended", "failed" or "untold") of
                    the services; waits: more are to be told (button `_eventId_proceed`, pressed by a script where there
                    is one); all_ended: every one of them has ended its login
account.html        username; rows (`idp.web.overview.Row`), one for each method that can be registered; done:
                    "register", "replace", "reset" or "sessions" right after it, and done_method: of what; is_told:
                    whether a mail goes out about it; logins and sessions (`LoginLine`, `SessionLine`); sessions_url:
                    where the form is posted to that ends the latter; trusted (`TrustedLine`, none where nothing is
                    ever trusted); trusted_url; logout_url
reset.html          method, and name: what is taken away (button `_eventId_reset`); since: when it was registered,
                    written out
grace.html          days: how many are left after today; until: the last one, written out; enrol_url: where to register,
                    empty where nothing can be; button `_eventId_continue`
helpdesk/*.html     what `idp.web.helpdesk` gives: find.html typed, rows; person.html the state of a person; act.html
                    the act, whom it is done to, and a field `reason` (button `_eventId_do`)
post.html           action: the assertion consumer service; hidden: SAMLResponse and, if sent, RelayState
status.html         nothing more; shown where nobody has anything to do
site.css            colour: "#rrggbb"

In a template, `t(key, **values)` gives a text in the page's language and `t_strong` the same with its values in bold;
the filters are `in_language` (a text by language), `web_link` and `post_address`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from idp.web.colour import site_colours
from idp.web.paths import TROUBLE
from idp.words import Words

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

DEFAULTS: Mapping[str, object] = {
    "language_links": (),
    "problem": None,
    "problem_words": "",
    "retry_minutes": None,
    "action": "",
    "hidden": (),
    "service_name": "",
    "information_url": "",
    "privacy_url": "",
    "tally": "",
    "trust_days": 0,
    "system": "",
    "alternatives": (),
    "person": "",
    "username": "",
    "password_help": "",
    "register_url": "",
    "change_url": "",
    "account_url": "",
    "back_url": "",
    "correlation_id": "",
    "happened_at": "",
    "return_to_service": False,
    "can_return": False,
    "done": False,
    "outcomes": (),
    "waits": False,
    "all_ended": True,
    "return_url": "",
    "static": "/idp/static",
}
GUIDES = "guides"
"""The folder, among a plug-in's templates and in a site's configuration, of what a site may write in its own words."""
_MARK = "\ue000"


def make_environment(
    template_folders: Mapping[str, Path], words: Words, *, register_url: str = "", guides: Path | None = None
) -> Environment:
    """Give the environment of our templates and the plug-ins'.

    `template_folders` maps a plug-in's name to its folder `templates`, of which only `<name>/` is read: a plug-in
    cannot take the place of a page of ours or of another's. A name that nothing defines is an error. `register_url` is
    where an app is registered, if it can be. `guides` is the site's own folder: `<plugin>/<file>` in it stands in place
    of the plug-in's `guides/<file>`, and of nothing else.
    """
    own: dict[str, BaseLoader] = {name: FileSystemLoader(folder / name) for name, folder in template_folders.items()}
    if guides is not None:
        own = {
            name: ChoiceLoader([PrefixLoader({GUIDES: FileSystemLoader(guides / name)}), shipped])
            for name, shipped in own.items()
        }
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(TEMPLATES), PrefixLoader(own)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(DEFAULTS, register_url=register_url, trouble_path=TROUBLE)
    environment.globals.update(t=_text_function(words), t_strong=_t_strong, has_text=words.keys.__contains__)
    environment.globals.update(site_colours=site_colours)
    environment.filters.update(in_language=in_language, web_link=web_link, post_address=post_address)
    return environment


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Give the text in `language`, else in English, else in any; empty if there is none."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def web_link(url: str) -> str:
    """Give an address that a link may carry, else nothing: no `javascript:` from a metadata file (security.md S-21)."""
    if url.startswith("/") and not url.startswith(("//", "/\\")):
        return url
    return url if _scheme(url) in {"https", "http", "mailto"} else ""


def post_address(url: str) -> str:
    """Give an address that an answer may be posted to. Raises ValueError for any other (security.md M-06, S-20)."""
    if _scheme(url) not in {"https", "http"}:
        raise ValueError("an answer is posted to http or https only")
    return url


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        return ""


def _text_function(words: Words) -> Any:
    @pass_context
    def text(context: Context, key: str, **values: object) -> str:
        return words.text(str(context["language"]), key, **values)

    return text


@pass_context
def _t_strong(context: Context, key: str, **values: object) -> Markup:
    """Give a text whose values stand in bold, all of it escaped."""
    marks = {name: f"{_MARK}{number}{_MARK}" for number, name in enumerate(values)}
    words = escape(context.call(context["t"], key, **marks))
    for name, mark in marks.items():
        words = words.replace(mark, Markup("<strong>{}</strong>").format(values[name]))
    return words
