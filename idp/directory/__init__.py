"""People and their credentials in LDAP; the only room that speaks to ldap3."""

from idp.directory.people import Directory
from idp.directory.record import AccountState, PersonRecord
from idp.directory.site import DirectorySite, open_directory

__all__ = ["AccountState", "Directory", "DirectorySite", "PersonRecord", "open_directory"]
