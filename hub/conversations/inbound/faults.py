"""Whose fault a failed write is: the input's (it goes to quarantine) or ours (we wait)."""

from hub.db.retry import is_connection_error, is_serialization_failure, sqlstate
from hub.errors import Conflict, HubError, Unavailable
from hub.ports import SinkUnavailable

# Classes of SQLSTATE that speak of the values: data exception, integrity constraint violation,
# cardinality and check option violation, program limit exceeded (a row too large for its index).
# All others speak of the installation: a missing column would put every message there.
_OF_THE_DATA = frozenset({"21", "22", "23", "44", "54"})


def blames_the_input(error: Exception) -> bool:
    """Whether storing this input would fail again, however well the database is.

    What raised no SQLSTATE is either our own check or our own bug; both hit this input only.
    """
    if isinstance(error, SinkUnavailable | Unavailable | Conflict):
        return False
    if isinstance(error, HubError):
        return True
    if is_connection_error(error) or is_serialization_failure(error):
        return False
    state = sqlstate(error)
    return not state or state[:2] in _OF_THE_DATA
