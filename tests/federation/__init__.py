"""Who the service providers are."""
