"""The authentication methods that come with Warifu; each is a plug-in like anybody else's."""
