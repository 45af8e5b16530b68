"""Email: a mailbox is an inbox; this package reads what comes out of it, whatever it is."""
