"""The name a customer is shown under: the root's own, else that of the oldest record below it."""


def shown_name(alias: str) -> str:
    """SQL for the name of the root that is called `alias` in the query around it."""
    return _shown(alias, "name")


def shown_locale(alias: str) -> str:
    """SQL for the language, likewise."""
    return _shown(alias, "locale")


def shown_zone(alias: str) -> str:
    """SQL for the time zone, likewise."""
    return _shown(alias, "time_zone")


def _shown(alias: str, column: str) -> str:
    # Evaluated only for a root that has none itself: few have, and fewer have records below.
    return f"""CASE WHEN {alias}.{column} <> '' THEN {alias}.{column} ELSE coalesce((
        SELECT below.{column} FROM customers AS below
        WHERE below.root_id = {alias}.id AND below.{column} <> ''
        ORDER BY below.id LIMIT 1), '') END"""  # noqa: S608 - no value is pasted in
