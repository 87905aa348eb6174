"""What must be proved, by whom, and in which order; knows neither SAML nor HTTP."""
