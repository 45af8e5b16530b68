"""Which messages may decide something without anybody reading them: those that nobody forged.

A mail decides when its sender was checked, or when it answers a mail of ours to that very address
by our signature (its Message-ID, or the reply address of a conversation of this customer's): who
holds one has read what was sent there. A bare From is anybody's, also where no server is believed
about senders; and what a check has refuted no signature makes good. Other channels say by
`proof` when a message is worth less than its address.
"""

_SIGNED = """(
    EXISTS (SELECT 1 FROM deliveries AS ours
            WHERE ours.id = CAST(e.data->'signed'->>'delivery' AS uuid)
              AND ours.contact_point_id = e.contact_point_id)
    OR EXISTS (SELECT 1 FROM conversations AS ours
               JOIN streams AS home ON home.id = ours.opening_stream_id
               JOIN streams AS here ON here.root_id = home.root_id
               WHERE ours.id = CAST(e.data->'signed'->>'conversation' AS uuid)
                 AND here.id = e.stream_id)
)"""

CREDIBLE = f"""(
    NOT e.data ? 'forwarded_by'
    AND coalesce(e.data->'authentication'->>'reason', '')
        NOT IN ('failed', 'other-domain', 'several-senders', 'form', 'forwarded')
    AND (e.data->>'proof' IS DISTINCT FROM 'none'
         AND coalesce(e.data->'authentication'->'proven', 'true') = 'true' OR {_SIGNED})
)"""
"""A condition on the entry `e`: people read the others, warned."""
