"""SAML 2.0 messages: read and verified on the way in, written and signed on the way out."""
