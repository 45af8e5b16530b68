"""The mail twin: a mail provider on this machine, and a page on which one is its customers.

It stands in for a company's provider and for the rest of the world at once: whoever is written
to has a mailbox here.
"""

from channels.email.twin.twin import EmailTwin, twin

__all__ = ["EmailTwin", "twin"]
