"""What Warifu sends as SAML: written, signed, encrypted, and judged by others."""
