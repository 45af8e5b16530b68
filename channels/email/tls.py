"""Which servers' certificates a mailbox believes."""

import ssl


def tls_context(ca_file: str) -> ssl.SSLContext:
    """What proves a server, read from disk: the system's authorities and the one in `ca_file`."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
