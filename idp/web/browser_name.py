"""What a browser says of itself, in a few words; a hint for people and for choosing a page, never a proof."""

_SYSTEMS = (
    ("ios", ("iPhone", "iPad", "iPod")),
    ("android", ("Android",)),
    ("windows", ("Windows",)),
    ("macos", ("Macintosh", "Mac OS X")),
    ("linux", ("Linux", "X11", "CrOS")),
)
"""The first that is found counts: Android says Linux too, an iPhone says Mac OS X."""
_BROWSERS = (
    ("Edge", ("Edg/", "EdgA/", "EdgiOS/")),
    ("Opera", ("OPR/",)),
    ("Firefox", ("Firefox/", "FxiOS/")),
    ("Chrome", ("Chrome/", "CriOS/", "Chromium/")),
    ("Safari", ("Safari/",)),
)
SYSTEM_NAMES = {"ios": "iOS", "android": "Android", "windows": "Windows", "macos": "macOS", "linux": "Linux"}


def system_of(user_agent: str) -> str:
    """Give the system a browser says it runs on: ios, android, windows, macos, linux; empty for any other."""
    return next((name for name, marks in _SYSTEMS if any(mark in user_agent for mark in marks)), "")


def browser_words(user_agent: str) -> str:
    """Give browser and system in words, e.g. "Firefox, Windows"; empty where neither is known."""
    browser = next((name for name, marks in _BROWSERS if any(mark in user_agent for mark in marks)), "")
    return ", ".join(each for each in (browser, SYSTEM_NAMES.get(system_of(user_agent), "")) if each)
