"""Who the service providers are: sources, an index, and one look-up."""
