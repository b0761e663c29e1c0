"""How it reads: from an issue to a frozen edition. Pure."""
