"""What plug-ins bring to the pages, looked at before anybody sees it: a text or a template that is not there ends the
start and not a login."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, TemplateError, nodes
from jinja2.meta import find_referenced_templates

from idp.core.errors import ConfigError, Problem
from idp.plugin import Enrollable, Identifying
from idp.plugin.descriptor import folder_of
from idp.plugin.registry import Enabled
from idp.web.render import GUIDES
from idp.words import Words

TEXT_FUNCTIONS = frozenset({"t", "t_strong"})


def verify_texts(enabled: Mapping[str, Enabled], languages: tuple[str, ...]) -> None:
    """Read each plug-in's words by themselves. Raises ConfigError with what is missing, and whose it is."""
    problems = []
    beginning = [name for name, each in enabled.items() if isinstance(each.method, Identifying)]
    for place, (name, each) in enumerate(enabled.items()):
        folder = folder_of(each.plugin) / "words"
        try:
            keys = Words.load([folder], languages).keys
        except ConfigError as error:
            problems += [_of(each, problem) for problem in error.problems]
            continue
        file = str(folder / f"{languages[0]}.toml")
        wanted = [
            *([f"{name}.use"] if place or len(beginning) > 1 else []),
            *([f"{name}.name"] if isinstance(each.method, Enrollable) else []),
        ]
        missing = [Problem(file, key, "is missing", "Write the text") for key in wanted if key not in keys]
        strange = [
            Problem(file, key, f"stands outside of [{name}]", "Move it there")
            for key in sorted(keys)
            if not key.startswith(f"{name}.")
        ]
        problems += [_of(each, problem) for problem in (*missing, *strange)]
    if problems:
        raise ConfigError(problems)


def verify_templates(enabled: Mapping[str, Enabled], environment: Environment, words: Words) -> None:
    """Parse each plug-in's templates. Raises ConfigError with what cannot be shown, and whose it is."""
    problems = []
    for name, each in enabled.items():
        folder = folder_of(each.plugin) / "templates" / name
        files = sorted(folder.rglob("*.html"))
        if not files:
            problems.append(_of(each, Problem(str(folder), "", "there is no template", "Put the method's pages there")))
        for file in files:
            problems += [_of(each, problem) for problem in _faults(file, environment, words)]
    if problems:
        raise ConfigError(problems)


def verify_guides(folder: Path, enabled: Mapping[str, Enabled], environment: Environment, words: Words) -> None:
    """Parse what a site wrote in place of plug-ins' guides. Raises ConfigError with what cannot be shown."""
    problems = []
    for file in sorted(folder.glob("*/*.html")):
        each = enabled.get(file.parent.name)
        if each is None or not (shipped_guides(each) / file.name).is_file():
            problems.append(Problem(str(file), "", "there is no guide of this name", "See `warifu guides`"))
        problems += _faults(file, environment, words)
    if problems:
        raise ConfigError(problems)


def shipped_guides(each: Enabled) -> Path:
    """Give the folder of a plug-in's guides, which need not be there."""
    return folder_of(each.plugin) / "templates" / each.plugin.name / GUIDES


def _faults(file: Path, environment: Environment, words: Words) -> Iterator[Problem]:
    try:
        source = file.read_text(encoding="utf-8")
        tree = environment.parse(source)
        environment.compile(source)
    except (OSError, UnicodeError, TemplateError) as error:
        line = getattr(error, "lineno", None)
        yield Problem(f"{file}:{line}" if line else str(file), "", f"cannot be used: {error}", "Mend the template")
        return
    known = set(environment.list_templates())
    for other in find_referenced_templates(tree):
        if other is not None and other not in known:
            yield Problem(str(file), other, "is used and is not there", "Mend the name")
    for call in tree.find_all(nodes.Call):
        key = call.args[0] if call.args else None
        if not (
            isinstance(call.node, nodes.Name) and call.node.name in TEXT_FUNCTIONS and isinstance(key, nodes.Const)
        ):
            continue
        if key.value not in words.keys:
            yield Problem(
                f"{file}:{call.lineno}", str(key.value), "is no text", "Write it in words/, in every language"
            )


def _of(each: Enabled, problem: Problem) -> Problem:
    """Say whose it is."""
    whose = f"{problem.what} (plug-in {each.plugin.name}, {each.owner})"
    return Problem(problem.file, problem.key, whose, problem.remedy)
