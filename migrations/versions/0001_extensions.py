"""Extensions and the text search configuration."""

from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    for name in ("pg_trgm", "unaccent", "btree_gin"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    # Cyrillic words are stemmed as Russian, Latin ones as English; ё counts as е.
    op.execute("CREATE TEXT SEARCH CONFIGURATION besedka (COPY = russian)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION besedka "
        "ALTER MAPPING FOR hword, hword_part, word WITH unaccent, russian_stem"
    )


def downgrade() -> None:
    # The extensions stay: others in this database may use them by now.
    op.execute("DROP TEXT SEARCH CONFIGURATION besedka")
