"""How much of everything the twin takes: a stranger may speak to it, and the demo must go on."""

MAX_CONNECTIONS = 200
"""At once, of each protocol."""
MAX_LINE = 64 * 1024
"""Bytes of a line of either protocol; RFC 7162 section 4 and RFC 5321 4.5.3 ask for less."""
MAX_LITERAL = 64 * 1024
"""Bytes of a literal that is not a mail."""
MAX_COMMAND = 256 * 1024
"""Bytes of an IMAP command, a mail to be appended not counted."""
MAX_MAIL = 50 * 1024 * 1024
MAX_SUBMITTED = 35 * 1024 * 1024
"""Bytes of a mail that SMTP takes: 25 MB of files as base64, as the large providers allow."""
MAX_STORED = 4 * 1024 * 1024 * 1024
"""Bytes of all mails together."""
MAX_MAILBOXES = 2_000
MAX_FOLDERS = 50
"""Of one mailbox."""
MAX_RECIPIENTS = 100
"""Of one mail; RFC 5321 4.5.3.1.8 asks for at least this many."""
MAX_BAD_COMMANDS = 20
"""Of one connection, one after another; then it is closed."""
MAX_PENDING = 10_000
"""Changes that wait for one IMAP client; one that reads none of them is cut off."""
MAX_FAULTS = 100
MAX_LATER = 200
"""Bounces under way at once."""
IMAP_IDLE = 31 * 60
"""Seconds; RFC 3501 5.4 asks for at least half an hour."""
SMTP_IDLE = 5 * 60
AUTH_IDLE = 60
"""Seconds a stranger may take to sign in."""
