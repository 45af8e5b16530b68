"""How much of a mail is looked at: what bounds the time and memory that any bytes can cost."""

MAX_FIELDS = 4_000
"""Header fields of one part; Outlook's longest chains of Received stay below a hundred."""
MAX_FIELD = 100_000
"""Bytes of one field: about two thousand addresses in To."""
MAX_PARTS = 1_000
MAX_FILES = 100
"""Uuencoded files in one text."""
MAX_DEPTH = 50
"""Levels of multipart: forwarding clients nest by one or two each."""
MAX_TEXT = 1_000_000
"""Characters of text, plain or HTML, kept of one body; the raw mail keeps the rest."""
MAX_REPLY_LINES = 5_000
MAX_LINE = 2_000
"""Characters of a line that the rules for quotes look at."""
MAX_SAMPLE = 65_536
"""Bytes the guess of a charset sees."""
MAX_REPORT = 262_144
"""Bytes of a delivery report that are read."""
MAX_TAG_DEPTH = 200
"""Open HTML elements: each reply in Outlook nests by a few, browsers themselves stop at 512."""
