"""A company of some size, for measuring reads: written by SQL, as it would have grown."""

from tests.bench.floors import Raw

RARE = "клавесин"
"""A word in one text of two thousand."""
VISITS = 1000

_INBOX = "INSERT INTO inboxes (channel, name, enabled) VALUES ('webchat', 'B', false) RETURNING id"

# $1 the first customer's number, $2 the last one's, $3 the inbox.
_PEOPLE = """
    WITH people AS (
        SELECT n, uuidv7() AS id, uuidv7() AS point, uuidv7() AS stream
        FROM generate_series($1::int, $2::int) AS n
    ), customers AS (
        INSERT INTO customers (id, root_id, name, folded, locale)
        SELECT id, id, 'Клиент ' || n, 'клиент ' || n, 'ru' FROM people
    ), points AS (
        INSERT INTO contact_points (id, scheme, value, raw)
        SELECT point, 'webchat', 'visit-' || n, '' FROM people
    ), streams AS (
        INSERT INTO streams (id, contact_point_id, record_id, root_id)
        SELECT stream, point, id, id FROM people
    )
    INSERT INTO conversations (opening_stream_id, inbox_id, pool, status, opened_at, updated_at)
    SELECT stream, $3::uuid, 'main', CASE WHEN n % 5 = 0 THEN 'open' ELSE 'closed' END,
           now() - interval '60 days', now() - make_interval(secs => (n::bigint * 7919) % 1000000)
    FROM people
"""
# $1 how many for each new stream. Customers write by turns, as they do.
_ENTRIES = f"""
    INSERT INTO entries (stream_id, position, id, kind, direction, channel, inbox_id,
                         contact_point_id, conversation_id, author_kind, author_name, text,
                         external_id, status, occurred_at, recorded_at, sort_at)
    SELECT s.id, nextval('entry_positions'), uuidv7(), 'message',
           CASE WHEN turn % 3 = 0 THEN 'outbound' ELSE 'inbound' END, 'webchat', c.inbox_id,
           s.contact_point_id, c.id, 'customer', 'Анна',
           'Здравствуйте, когда приедет мой заказ номер ' || (random() * 1e6)::int
           || CASE WHEN random() < 0.0005 THEN ' {RARE} ' ELSE ' ' END
           || repeat('спасибо за ответ и доставку please ', 4 + (random() * 6)::int),
           'e' || s.id || turn, CASE WHEN turn % 3 = 0 THEN 'delivered' ELSE '' END, at, at, at
    FROM generate_series(1, $1::int) AS turn
    CROSS JOIN (SELECT * FROM streams WHERE last_sort_at IS NULL) AS s
    JOIN conversations AS c ON c.opening_stream_id = s.id,
    LATERAL (SELECT now() - make_interval(hours => ($1 - turn) * 5) AS at OFFSET 0) AS moment
"""  # noqa: S608 - a constant is put in
_SPANS = """
    UPDATE streams SET first_sort_at = first, last_sort_at = last
    FROM (SELECT stream_id, min(sort_at) AS first, max(sort_at) AS last
          FROM entries GROUP BY stream_id) AS e
    WHERE streams.id = e.stream_id AND last_sort_at IS NULL
"""
_LAST = """
    UPDATE conversations SET last_stream_id = stream_id, last_position = position
    FROM (SELECT DISTINCT ON (conversation_id) conversation_id, stream_id, position FROM entries
          ORDER BY conversation_id, sort_at DESC, position DESC) AS last
    WHERE conversations.id = conversation_id AND last_position IS NULL
"""
_WORDS = """
    INSERT INTO search_documents (stream_id, position, inbox_id, words)
    SELECT stream_id, position, inbox_id, to_tsvector('besedka', text) FROM entries
    WHERE position > coalesce((SELECT max(position) FROM search_documents), 0)
"""
# $1 how many of the newest customers become one, who came once a day.
_MERGE = """
    WITH visits AS (
        SELECT id, row_number() OVER (ORDER BY id DESC) AS day FROM customers
        ORDER BY id DESC LIMIT $1
    ), moved AS (
        UPDATE entries SET sort_at = sort_at - make_interval(days => day::int)
        FROM visits JOIN streams ON streams.root_id = visits.id
        WHERE entries.stream_id = streams.id
    )
    UPDATE streams SET root_id = (SELECT id FROM visits WHERE day = 1),
           first_sort_at = first_sort_at - make_interval(days => day::int),
           last_sort_at = last_sort_at - make_interval(days => day::int)
    FROM visits WHERE streams.root_id = visits.id
    RETURNING root_id
"""


async def make_inbox(connection: Raw) -> object:
    return await connection.fetchval(_INBOX)


async def grow(connection: Raw, inbox: object, *, messages: int, each: int = 50) -> None:
    """Add `messages`, `each` to a customer."""
    before = await connection.fetchval("SELECT count(*) FROM customers")
    wanted = messages // each
    await connection.execute(_PEOPLE, before + 1, before + wanted, inbox, timeout=3600)
    await connection.execute(_ENTRIES, each, timeout=3600)
    # Analysed first: a planner that still believes in empty tables joins these for hours.
    for statement in ("ANALYZE", _SPANS, _LAST, _WORDS, "VACUUM ANALYZE"):
        await connection.execute(statement, timeout=3600)


async def make_regular(connection: Raw, inbox: object) -> object:
    """A customer of VISITS visits, each a stream of its own; the customer's id."""
    await grow(connection, inbox, messages=VISITS * 5, each=5)
    [row, *_] = await connection.fetch(_MERGE, VISITS)
    await connection.execute("VACUUM ANALYZE streams, entries")
    return row["root_id"]
