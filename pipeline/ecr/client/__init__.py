"""What SES or a person uses to fetch, verify and cache the index."""
