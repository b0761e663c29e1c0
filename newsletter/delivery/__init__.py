"""How it travels: messages, the ledger, the relay."""
