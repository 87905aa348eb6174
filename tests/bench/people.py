"""The people of the measurements: as many as asked, {SSHA} passwords, an app whose seed is known."""

import hashlib

from idp.cli.slapd_entries import Person
from idp.core.secret import Secret
from tests.parts.driver import Account


def make_people(count: int) -> tuple[tuple[Person, ...], tuple[Account, ...]]:
    """Give entries for a directory and the accounts that a driver logs in with, in the same order."""
    accounts = tuple(_account(number) for number in range(count))
    people = tuple(
        Person(
            account.username,
            Secret(account.password.encode()),
            "Given",
            f"Family {number}",
            f"{account.username}@mail.example.ac.jp",
            affiliations=("member", "student"),
        )
        for number, account in enumerate(accounts)
    )
    return people, accounts


def _account(number: int) -> Account:
    name = f"user{number:05}"
    return Account(name, f"the password of {name}", Secret(hashlib.sha1(name.encode()).digest()))
