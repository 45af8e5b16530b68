"""Which messages may decide something without anybody reading them: those that nobody forged.

A message of an address that has proven itself before, and this time does not, may be anybody's;
so may a mail whose sender was checked and found to be another. People read those, warned.
"""

CREDIBLE = """(
    e.data->>'proof' IS DISTINCT FROM 'none' AND NOT e.data ? 'forwarded_by'
    AND coalesce(e.data->'authentication'->>'reason', '')
        NOT IN ('failed', 'other-domain', 'several-senders', 'form', 'forwarded')
)"""
"""A condition on the entry `e`. Addresses that nobody can check (`none` before, too) pass."""
