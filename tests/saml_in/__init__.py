"""What comes in as SAML."""
