"""Every table of the first release."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE entry_positions AS bigint")
    op.execute("CREATE SEQUENCE draft_revisions AS bigint")
    op.create_table(
        "schema_floor",
        sa.Column("oldest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("oldest", name=op.f("schema_floor_pkey")),
    )
    op.execute("INSERT INTO schema_floor VALUES ('0002')")
    op.create_table(
        "alerts",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), server_default="1", nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("alerts_pkey")),
    )
    op.create_index(op.f("alerts_ended_at_idx"), "alerts", ["ended_at"], unique=False)
    op.create_index(
        "alerts_open_key",
        "alerts",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("api_tokens_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("api_tokens_token_hash_key")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), server_default="", nullable=False),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhooks_pkey")),
        sa.UniqueConstraint("name", name=op.f("webhooks_name_key")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("webhook_id", sa.UUID(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("lane", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f("webhook_deliveries_webhook_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_deliveries_pkey")),
        sa.UniqueConstraint(
            "webhook_id", "event_id", name=op.f("webhook_deliveries_webhook_id_event_id_key")
        ),
    )
    op.create_index(
        "webhook_deliveries_lane_idx",
        "webhook_deliveries",
        ["webhook_id", "lane", "seq", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "webhook_deliveries_undelivered_idx",
        "webhook_deliveries",
        ["webhook_id", "status"],
        unique=False,
        postgresql_where=sa.text("status <> 'delivered'"),
    )
    op.create_index(
        op.f("webhook_deliveries_webhook_id_id_idx"),
        "webhook_deliveries",
        ["webhook_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("webhook_deliveries_created_at_idx"),
        "webhook_deliveries",
        ["created_at"],
        unique=False,
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_deliveries.id"],
            name=op.f("webhook_attempts_delivery_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("webhook_attempts_pkey")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("object_id", sa.UUID(), nullable=True),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
    )
    op.create_index(op.f("audit_actor_id_id_idx"), "audit", ["actor_id", "id"], unique=False)
    op.create_index(op.f("audit_at_idx"), "audit", ["at"], unique=False)
    op.create_index(op.f("audit_object_id_idx"), "audit", ["object_id"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("blobs_pkey")),
    )
    op.create_table(
        "contact_points",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), server_default="", nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.Text(), server_default="none", nullable=False),
        sa.Column("health", sa.Text(), server_default="ok", nullable=False),
        sa.Column("health_detail", sa.Text(), server_default="", nullable=False),
        sa.Column("health_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shut_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shut_out_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("loose", sa.Text(), server_default="", nullable=False),
        sa.Column("claimed_loose", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "claimed",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_points_pkey")),
        sa.UniqueConstraint("scheme", "value", name=op.f("contact_points_scheme_value_key")),
    )
    op.create_index(
        "contact_points_loose_idx",
        "contact_points",
        ["loose"],
        unique=False,
        postgresql_where=sa.text("loose <> ''"),
    )
    op.create_index(
        "contact_points_claimed_loose_idx",
        "contact_points",
        ["claimed_loose"],
        unique=False,
        postgresql_where=sa.text("claimed_loose <> ''"),
    )
    op.create_index(
        "contact_points_value_trgm_idx",
        "contact_points",
        ["value"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"value": "gin_trgm_ops"},
    )
    op.create_table(
        "conversation_tallies",
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("assignee_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("count", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "status",
            "inbox_id",
            "assignee_id",
            "team_id",
            "shard",
            name=op.f("conversation_tallies_pkey"),
        ),
    )
    op.create_table(
        "due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.UUID(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("due_pkey")),
        sa.UniqueConstraint("kind", "key", name=op.f("due_kind_key_key")),
        postgresql_with={
            "fillfactor": 45,
            "autovacuum_vacuum_scale_factor": 0.01,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_index(op.f("due_kind_ready_at_idx"), "due", ["kind", "ready_at"], unique=False)
    op.create_table(
        "event_readers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("event_readers_pkey")),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("stream_id", sa.UUID(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("inbox_id", sa.UUID(), nullable=True),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("rule_id", sa.UUID(), nullable=True),
        sa.Column("depth", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("events_pkey")),
    )
    op.create_index(op.f("events_id_idx"), "events", ["id"], unique=False)
    op.create_index(op.f("events_occurred_at_idx"), "events", ["occurred_at"], unique=False)
    op.create_table(
        "idempotent_calls",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("finished", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("idempotent_calls_pkey")),
    )
    op.create_index(
        op.f("idempotent_calls_created_at_idx"), "idempotent_calls", ["created_at"], unique=False
    )
    op.create_table(
        "inboxes",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), server_default="main", nullable=False),
        sa.Column("reopen_days", sa.SmallInteger(), server_default="7", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), server_default="opening", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("remedy", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "state_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inboxes_pkey")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("leases_pkey")),
    )
    op.create_table(
        "kept_settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "value",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("kept_settings_pkey")),
    )
    op.create_table(
        "live_signals",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("live_signals_pkey")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "operators",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "notify",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("alert_to", sa.Text(), server_default="", nullable=False),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("operators_pkey")),
    )
    op.create_index(
        "operators_email_key", "operators", [sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "pending_events",
        sa.Column("n", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("stream_id", sa.UUID(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("inbox_id", sa.UUID(), nullable=True),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("rule_id", sa.UUID(), nullable=True),
        sa.Column("depth", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pending_events_pkey")),
    )
    op.create_index(op.f("pending_events_xid_idx"), "pending_events", ["xid"], unique=False)
    op.create_table(
        "rules",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "spec",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("rules_pkey")),
        sa.UniqueConstraint("name", name=op.f("rules_name_key")),
    )
    op.create_table(
        "search_documents",
        sa.Column("stream_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "position", name=op.f("search_documents_pkey")),
    )
    op.create_index(
        "search_documents_subject_trgm_idx",
        "search_documents",
        ["subject"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"subject": "gin_trgm_ops"},
        postgresql_where=sa.text("subject <> ''"),
    )
    op.create_index(
        op.f("search_documents_position_idx"), "search_documents", ["position"], unique=False
    )
    op.create_index(
        "search_documents_words_idx",
        "search_documents",
        ["words"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("sign_in_failures_pkey")),
    )
    op.create_table(
        "skipped_events",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("reader", "seq", name=op.f("skipped_events_pkey")),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("routing", sa.Text(), server_default="by-hand", nullable=False),
        sa.Column("capacity", sa.Integer(), server_default="20", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("teams_pkey")),
        sa.UniqueConstraint("name", name=op.f("teams_name_key")),
    )
    op.create_table(
        "blob_chunks",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["blobs.sha256"], name=op.f("blob_chunks_sha256_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "number", name=op.f("blob_chunks_pkey")),
    )
    op.create_table(
        "channel_state",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "value",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inboxes.id"],
            name=op.f("channel_state_inbox_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("inbox_id", "key", name=op.f("channel_state_pkey")),
    )
    op.create_index(
        op.f("channel_state_expires_at_idx"),
        "channel_state",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("root_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.Column("locale", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="", nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("labels", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["operators.id"], name=op.f("customers_owner_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["root_id"], ["customers.id"], name=op.f("customers_root_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("customers_pkey")),
    )
    op.create_index(
        "customers_folded_trgm_idx",
        "customers",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(op.f("customers_root_id_idx"), "customers", ["root_id"], unique=False)
    op.create_index(
        op.f("customers_updated_at_id_idx"), "customers", ["updated_at", "id"], unique=False
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("stream_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("contact_point_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column("retry_of", sa.UUID(), nullable=True),
        sa.Column("part", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("parts", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("turn", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("turns", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("after", sa.Interval(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reply_address", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "content",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("external_id", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_status", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_code", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["retry_of"], ["deliveries.id"], name=op.f("deliveries_retry_of_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("deliveries_pkey")),
    )
    op.create_index(op.f("deliveries_entry_id_idx"), "deliveries", ["entry_id"], unique=False)
    op.create_index(
        "deliveries_external_key",
        "deliveries",
        ["inbox_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id <> ''"),
    )
    op.create_index(
        "deliveries_lane_idx",
        "deliveries",
        ["contact_point_id", "number"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
    op.create_index(op.f("deliveries_number_idx"), "deliveries", ["number"], unique=True)
    op.create_index(
        "deliveries_trouble_idx",
        "deliveries",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('failed', 'unknown')"),
    )
    op.create_index(
        "deliveries_waiting_idx",
        "deliveries",
        ["stream_id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "early_receipts",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column(
            "receipt",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inboxes.id"],
            name=op.f("early_receipts_inbox_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("early_receipts_pkey")),
    )
    op.create_index(
        op.f("early_receipts_created_at_idx"), "early_receipts", ["created_at"], unique=False
    )
    op.create_index(
        op.f("early_receipts_inbox_id_external_id_idx"),
        "early_receipts",
        ["inbox_id", "external_id"],
        unique=False,
    )
    op.create_table(
        "files",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("files_sha256_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("files_pkey")),
    )
    op.create_index(op.f("files_sha256_idx"), "files", ["sha256"], unique=False)
    op.create_table(
        "ingress",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=True),
        sa.Column("quarantine_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("ingress_inbox_id_fkey")),
        sa.PrimaryKeyConstraint("inbox_id", "external_id", name=op.f("ingress_pkey")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column(
            "message",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), server_default="", nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inboxes.id"], name=op.f("quarantine_inbox_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("quarantine_pkey")),
    )
    op.create_index(op.f("quarantine_created_at_idx"), "quarantine", ["created_at"], unique=False)
    op.create_table(
        "chat_mails",
        sa.Column("contact_point_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("chat_mails_contact_point_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inboxes.id"],
            name=op.f("chat_mails_inbox_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contact_point_id", "inbox_id", name=op.f("chat_mails_pkey")),
    )
    op.create_table(
        "reachability",
        sa.Column("contact_point_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("reply_address", sa.Text(), server_default="", nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_inbound_position", sa.BigInteger(), nullable=True),
        sa.Column("read_position", sa.BigInteger(), nullable=True),
        sa.Column("seen_position", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("reachability_contact_point_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inboxes.id"], name=op.f("reachability_inbox_id_fkey")
        ),
        sa.PrimaryKeyConstraint("contact_point_id", "inbox_id", name=op.f("reachability_pkey")),
    )
    op.create_table(
        "risky_inputs",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("starts", sa.SmallInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("poison", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inboxes.id"],
            name=op.f("risky_inputs_inbox_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("inbox_id", "external_id", name=op.f("risky_inputs_pkey")),
    )
    op.create_table(
        "rule_firings",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("rule_id", sa.UUID(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("object_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("object_id", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column(
            "actions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("continues_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["rules.id"], name=op.f("rule_firings_rule_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("rule_firings_pkey")),
        sa.UniqueConstraint("rule_id", "key", name=op.f("rule_firings_rule_id_key_key")),
    )
    op.create_index(
        op.f("rule_firings_customer_id_at_idx"),
        "rule_firings",
        ["customer_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("rule_firings_rule_id_at_idx"), "rule_firings", ["rule_id", "at"], unique=False
    )
    op.create_table(
        "rule_questions",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("firing_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=True),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_late_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["firing_id"],
            ["rule_firings.id"],
            name=op.f("rule_questions_firing_id_fkey"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("rule_questions_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("rule_questions_pkey")),
    )
    op.create_index(
        op.f("rule_questions_customer_id_idx"), "rule_questions", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("rule_questions_firing_id_idx"), "rule_questions", ["firing_id"], unique=False
    )
    op.create_table(
        "rule_skips",
        sa.Column("rule_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("object_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("object_id", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["rules.id"], name=op.f("rule_skips_rule_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "customer_id", name=op.f("rule_skips_pkey")),
    )
    op.create_index(
        op.f("rule_skips_customer_id_idx"), "rule_skips", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("rule_skips_rule_id_at_idx"), "rule_skips", ["rule_id", "at"], unique=False
    )
    op.create_table(
        "rule_occasions",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("object_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("object_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event", "customer_id", name=op.f("rule_occasions_pkey")),
    )
    op.create_index(
        op.f("rule_occasions_event_at_idx"), "rule_occasions", ["event", "at"], unique=False
    )
    op.create_table(
        "custom_events",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("system", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("custom_events_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("custom_events_pkey")),
    )
    op.create_index(
        op.f("custom_events_customer_id_at_idx"),
        "custom_events",
        ["customer_id", "at"],
        unique=False,
    )
    op.create_table(
        "reminders",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("rule_id", sa.UUID(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.UUID(), nullable=False),
        sa.Column("object_revision", sa.Integer(), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=True),
        sa.Column(
            "planned_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["rules.id"], name=op.f("reminders_rule_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reminders_pkey")),
    )
    op.create_index(op.f("reminders_object_id_idx"), "reminders", ["object_id"], unique=False)
    op.create_index(op.f("reminders_rule_id_idx"), "reminders", ["rule_id"], unique=False)
    op.create_index(
        "reminders_next_key",
        "reminders",
        ["rule_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.create_index(
        "reminders_failed_key",
        "reminders",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("status = 'dropped' AND reason = 'failed'"),
    )
    op.create_index(
        "reminders_planned_key",
        "reminders",
        ["object_id", "rule_id"],
        unique=True,
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.create_table(
        "rule_versions",
        sa.Column("rule_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "spec",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["rules.id"], name=op.f("rule_versions_rule_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("rule_versions_pkey")),
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "spec",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("templates_pkey")),
        sa.UniqueConstraint("name", name=op.f("templates_name_key")),
    )
    op.create_table(
        "template_versions",
        sa.Column("template_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "spec",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["templates.id"],
            name=op.f("template_versions_template_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("template_id", "version", name=op.f("template_versions_pkey")),
    )
    op.create_table(
        "send_gates",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("next_free_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inboxes.id"], name=op.f("send_gates_inbox_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("inbox_id", "scope", name=op.f("send_gates_pkey")),
    )
    op.create_table(
        "operator_identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("operator_identities_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("operator_identities_pkey")),
        sa.UniqueConstraint(
            "operator_id", "issuer", name=op.f("operator_identities_operator_id_issuer_key")
        ),
    )
    op.create_table(
        "second_factors",
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("second_factors_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("second_factors_pkey")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("recovery_codes_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("operator_id", "code_hash", name=op.f("recovery_codes_pkey")),
    )
    op.create_table(
        "setup_links",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("setup_links_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("setup_links_pkey")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column("user_agent", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vouched", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("sign_ins_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_ins_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("sign_ins_token_hash_key")),
    )
    op.create_index(op.f("sign_ins_operator_id_idx"), "sign_ins", ["operator_id"], unique=False)
    op.create_table(
        "team_inboxes",
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inboxes.id"],
            name=op.f("team_inboxes_inbox_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("team_inboxes_team_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "inbox_id", name=op.f("team_inboxes_pkey")),
    )
    op.create_index(op.f("team_inboxes_inbox_id_idx"), "team_inboxes", ["inbox_id"], unique=False)
    op.create_table(
        "team_members",
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("team_members_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("team_members_team_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "operator_id", name=op.f("team_members_pkey")),
    )
    op.create_index(
        op.f("team_members_operator_id_idx"), "team_members", ["operator_id"], unique=False
    )
    op.create_table(
        "attempts",
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_code", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("attempts_delivery_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("attempts_pkey")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("entry_id", sa.UUID(), nullable=True),
        sa.Column("rule_id", sa.UUID(), nullable=True),
        sa.Column("object_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("object_id", sa.UUID(), nullable=True),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("decisions_pkey")),
    )
    op.create_index(
        op.f("decisions_customer_id_at_idx"), "decisions", ["customer_id", "at"], unique=False
    )
    op.create_index(op.f("decisions_entry_id_idx"), "decisions", ["entry_id"], unique=False)
    op.create_index(op.f("decisions_object_id_idx"), "decisions", ["object_id"], unique=False)
    op.create_index(op.f("decisions_rule_id_at_idx"), "decisions", ["rule_id", "at"], unique=False)
    op.create_table(
        "external_refs",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("external_refs_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("system", "external_id", name=op.f("external_refs_pkey")),
    )
    op.create_index(
        op.f("external_refs_customer_id_idx"), "external_refs", ["customer_id"], unique=False
    )
    op.create_table(
        "preferences",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column(
            "channels",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("quiet", sa.Text(), server_default="", nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("preferences_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("preferences_pkey")),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("contact_point_id", sa.UUID(), nullable=True),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("total", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tracking_url", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("appointments_contact_point_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("appointments_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("appointments_pkey")),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("appointments_system_external_id_key")
        ),
    )
    op.create_index(
        op.f("appointments_customer_id_idx"), "appointments", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("appointments_starts_at_idx"), "appointments", ["starts_at"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("contact_point_id", sa.UUID(), nullable=True),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("total", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tracking_url", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"], ["contact_points.id"], name=op.f("orders_contact_point_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("orders_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("orders_pkey")),
        sa.UniqueConstraint("system", "external_id", name=op.f("orders_system_external_id_key")),
    )
    op.create_index(op.f("orders_customer_id_idx"), "orders", ["customer_id"], unique=False)
    op.create_index(
        "orders_number_trgm_idx",
        "orders",
        ["number"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"number": "gin_trgm_ops"},
    )
    op.create_table(
        "streams",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("contact_point_id", sa.UUID(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("record_id", sa.UUID(), nullable=False),
        sa.Column("root_id", sa.UUID(), nullable=False),
        sa.Column("first_sort_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sort_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(contact_point_id IS NULL) <> (customer_id IS NULL)",
            name=op.f("streams_one_home_check"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"], ["contact_points.id"], name=op.f("streams_contact_point_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("streams_customer_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["customers.id"], name=op.f("streams_record_id_fkey")
        ),
        sa.ForeignKeyConstraint(["root_id"], ["customers.id"], name=op.f("streams_root_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("streams_pkey")),
        sa.UniqueConstraint("contact_point_id", name=op.f("streams_contact_point_id_key")),
        sa.UniqueConstraint("customer_id", name=op.f("streams_customer_id_key")),
        postgresql_with={"fillfactor": "45"},
    )
    op.create_index(op.f("streams_root_id_idx"), "streams", ["root_id"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("opening_stream_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("assignee_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("labels", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("channels", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inbound_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_stream_id", sa.UUID(), nullable=True),
        sa.Column("last_position", sa.BigInteger(), nullable=True),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", sa.UUID(), nullable=True),
        sa.Column(
            "set_aside",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["operators.id"], name=op.f("conversations_assignee_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inboxes.id"], name=op.f("conversations_inbox_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["conversations.id"],
            name=op.f("conversations_merged_into_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["opening_stream_id"],
            ["streams.id"],
            name=op.f("conversations_opening_stream_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("conversations_team_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("conversations_pkey")),
    )
    op.create_index(
        "conversations_assignee_idx",
        "conversations",
        [
            "assignee_id",
            "status",
            sa.literal_column("updated_at DESC"),
            sa.literal_column("id DESC"),
        ],
        unique=False,
    )
    op.create_index(
        "conversations_inbox_idx",
        "conversations",
        ["status", sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "conversations_stream_idx",
        "conversations",
        ["opening_stream_id", sa.literal_column("updated_at DESC")],
        unique=False,
    )
    op.create_index(
        "conversations_unfinished_idx",
        "conversations",
        ["opening_stream_id"],
        unique=False,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_index(
        "conversations_team_idx",
        "conversations",
        ["team_id", "status", sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "conversations_labelled_idx",
        "conversations",
        [sa.literal_column("updated_at DESC")],
        unique=False,
        postgresql_where=sa.text("labels <> '{}' AND status <> 'closed'"),
    )
    op.create_index(
        "conversations_due_idx",
        "conversations",
        ["status", sa.literal_column("coalesce(due_at, 'infinity'::timestamptz)"), "id"],
        unique=False,
    )
    op.create_index(
        "conversations_waiting_idx",
        "conversations",
        [
            "status",
            sa.literal_column("coalesce(waiting_since, 'infinity'::timestamptz)"),
            "id",
        ],
        unique=False,
    )
    op.create_table(
        "conversation_moves",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("from_id", sa.UUID(), nullable=False),
        sa.Column("into_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("streams", sa.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["from_id"], ["conversations.id"], name=op.f("conversation_moves_from_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["conversations.id"], name=op.f("conversation_moves_into_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("conversation_moves_pkey")),
    )
    op.create_index(
        op.f("conversation_moves_from_id_idx"), "conversation_moves", ["from_id"], unique=False
    )
    op.create_index(
        op.f("conversation_moves_into_id_idx"), "conversation_moves", ["into_id"], unique=False
    )
    op.create_table(
        "entry_origins",
        sa.Column("stream_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("entry_origins_conversation_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("stream_id", "position", name=op.f("entry_origins_pkey")),
    )
    op.create_index(
        op.f("entry_origins_conversation_id_idx"),
        "entry_origins",
        ["conversation_id"],
        unique=False,
    )
    op.create_table(
        "identity_edges",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("stream_id", sa.UUID(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("parent_id", sa.UUID(), nullable=False),
        sa.Column("act", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.UUID(), nullable=True),
        sa.Column("replaced_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "(stream_id IS NULL) <> (customer_id IS NULL)",
            name=op.f("identity_edges_one_child_check"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("identity_edges_customer_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["customers.id"], name=op.f("identity_edges_parent_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"],
            ["identity_edges.id"],
            name=op.f("identity_edges_replaced_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name=op.f("identity_edges_stream_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("identity_edges_pkey")),
    )
    op.create_index(
        "identity_edges_ended_stream_idx",
        "identity_edges",
        ["stream_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index(
        "identity_edges_ended_customer_idx",
        "identity_edges",
        ["customer_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index(
        "identity_edges_replaced_idx",
        "identity_edges",
        ["replaced_by"],
        unique=False,
        postgresql_where=sa.text("replaced_by IS NOT NULL"),
    )
    op.create_index(
        "identity_edges_active_customer_key",
        "identity_edges",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND customer_id IS NOT NULL"),
    )
    op.create_index(
        "identity_edges_active_stream_key",
        "identity_edges",
        ["stream_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND stream_id IS NOT NULL"),
    )
    op.create_index(
        op.f("identity_edges_parent_id_idx"), "identity_edges", ["parent_id"], unique=False
    )
    op.create_table(
        "appointment_versions",
        sa.Column("appointment_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name=op.f("appointment_versions_appointment_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "appointment_id", "revision", name=op.f("appointment_versions_pkey")
        ),
    )
    op.create_table(
        "order_versions",
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
            name=op.f("order_versions_order_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("order_id", "revision", name=op.f("order_versions_pkey")),
    )
    op.create_table(
        "conversation_reads",
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column("inbound_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("conversation_reads_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("conversation_reads_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "conversation_id", "operator_id", name=op.f("conversation_reads_pkey")
        ),
    )
    op.create_table(
        "entries",
        sa.Column("stream_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=True),
        sa.Column("contact_point_id", sa.UUID(), nullable=True),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=True),
        sa.Column("author_name", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("external_id", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("automatic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("imported", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("file_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sort_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("entries_conversation_id_fkey")
        ),
        sa.PrimaryKeyConstraint("stream_id", "position", name=op.f("entries_pkey")),
    )
    op.create_index(
        "entries_conversation_idx",
        "entries",
        ["conversation_id", "sort_at", "position"],
        unique=False,
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.create_index("entries_id_key", "entries", ["id"], unique=True)
    op.create_index(
        "entries_timeline_idx",
        "entries",
        ["stream_id", sa.literal_column("sort_at DESC"), sa.literal_column("position DESC")],
        unique=False,
    )
    op.create_table(
        "entry_files",
        sa.Column("stream_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.SmallInteger(), nullable=False),
        sa.Column("file_id", sa.UUID(), nullable=False),
        sa.Column("inline", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("content_id", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("entry_files_file_id_fkey")),
        sa.ForeignKeyConstraint(
            ["stream_id", "position"],
            ["entries.stream_id", "entries.position"],
            name=op.f("entry_files_stream_id_position_fkey"),
        ),
        sa.PrimaryKeyConstraint("stream_id", "position", "ordinal", name=op.f("entry_files_pkey")),
    )
    op.create_index(op.f("entry_files_file_id_idx"), "entry_files", ["file_id"], unique=False)
    op.create_table(
        "entry_raw",
        sa.Column("stream_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id", "position"],
            ["entries.stream_id", "entries.position"],
            name=op.f("entry_raw_stream_id_position_fkey"),
        ),
        sa.PrimaryKeyConstraint("stream_id", "position", name=op.f("entry_raw_pkey")),
    )
    op.create_table(
        "entry_reactions",
        sa.Column("stream_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id", "position"],
            ["entries.stream_id", "entries.position"],
            name=op.f("entry_reactions_stream_id_position_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "stream_id", "position", "author", name=op.f("entry_reactions_pkey")
        ),
    )
    op.create_table(
        "entry_versions",
        sa.Column("stream_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by_kind", sa.Text(), nullable=False),
        sa.Column("ended_by_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["stream_id", "position"],
            ["entries.stream_id", "entries.position"],
            name=op.f("entry_versions_stream_id_position_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "stream_id", "position", "version", name=op.f("entry_versions_pkey")
        ),
    )
    op.create_table(
        "conversation_followers",
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("conversation_followers_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("conversation_followers_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "conversation_id", "operator_id", name=op.f("conversation_followers_pkey")
        ),
    )
    op.create_table(
        "drafts",
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("contact_point_id", sa.UUID(), nullable=True),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "letter",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("files", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("drafts_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("drafts_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "operator_id", name=op.f("drafts_pkey")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("inbox_id", sa.UUID(), nullable=True),
        sa.Column("entry_id", sa.UUID(), nullable=True),
        sa.Column("alert_id", sa.UUID(), nullable=True),
        sa.Column("alert_over", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("alert_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("notifications_customer_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("notifications_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("notifications_pkey")),
    )
    op.create_index(
        op.f("notifications_operator_id_id_idx"),
        "notifications",
        ["operator_id", "id"],
        unique=False,
    )
    op.create_index(
        "notifications_alerts_idx",
        "notifications",
        ["operator_id"],
        unique=False,
        postgresql_where=sa.text("alert_id IS NOT NULL"),
    )
    op.create_index(
        "notifications_unread_idx",
        "notifications",
        ["operator_id", "conversation_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "presence",
        sa.Column("screen_id", sa.UUID(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("presence_operator_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("screen_id", name=op.f("presence_pkey")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "saved_replies",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shortcut", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["operators.id"],
            name=op.f("saved_replies_owner_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("saved_replies_team_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("saved_replies_pkey")),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "filter",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["operators.id"],
            name=op.f("saved_views_owner_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("saved_views_pkey")),
    )
    op.create_index(op.f("saved_views_owner_id_idx"), "saved_views", ["owner_id"], unique=False)
    op.create_table(
        "link_codes",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=True),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.UUID(), nullable=True),
        sa.Column("edge_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("link_codes_customer_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["edge_id"], ["identity_edges.id"], name=op.f("link_codes_edge_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inboxes.id"], name=op.f("link_codes_inbox_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["used_by"], ["contact_points.id"], name=op.f("link_codes_used_by_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("link_codes_pkey")),
        sa.UniqueConstraint("code_hash", name=op.f("link_codes_code_hash_key")),
    )
    op.create_index(op.f("link_codes_expires_at_idx"), "link_codes", ["expires_at"], unique=False)
    op.create_index(
        op.f("link_codes_customer_id_idx"), "link_codes", ["customer_id"], unique=False
    )
    op.create_table(
        "link_code_tries",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("link_code_tries_pkey")),
    )
    op.create_table(
        "visitors",
        sa.Column("contact_point_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "contact_point_id", "inbox_id", "node_id", name=op.f("visitors_pkey")
        ),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "dismissed_suggestions",
        sa.Column("one_id", sa.UUID(), nullable=False),
        sa.Column("other_id", sa.UUID(), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["one_id"], ["customers.id"], name=op.f("dismissed_suggestions_one_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["customers.id"], name=op.f("dismissed_suggestions_other_id_fkey")
        ),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("dismissed_suggestions_pkey")),
    )
    op.create_index(
        op.f("dismissed_suggestions_other_id_idx"),
        "dismissed_suggestions",
        ["other_id"],
        unique=False,
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("contact_point_id", sa.UUID(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), server_default="", nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("consents_contact_point_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("consents_pkey")),
    )
    op.create_index(
        "consents_standing_idx",
        "consents",
        [
            "contact_point_id",
            "purpose",
            sa.literal_column("at DESC"),
            sa.literal_column("id DESC"),
        ],
        unique=False,
    )
    op.create_table(
        "calendars",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("week", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("holidays", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("calendars_pkey")),
        sa.UniqueConstraint("name", name=op.f("calendars_name_key")),
    )
    op.create_index(
        "calendars_default_key",
        "calendars",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "calendar_inboxes",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("calendar_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["calendars.id"],
            name=op.f("calendar_inboxes_calendar_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["inboxes.id"],
            name=op.f("calendar_inboxes_inbox_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("calendar_inboxes_pkey")),
    )
    op.create_index(
        op.f("calendar_inboxes_calendar_id_idx"), "calendar_inboxes", ["calendar_id"], unique=False
    )
    op.create_table(
        "calendar_teams",
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("calendar_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["calendars.id"],
            name=op.f("calendar_teams_calendar_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("calendar_teams_team_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("team_id", name=op.f("calendar_teams_pkey")),
    )
    op.create_index(
        op.f("calendar_teams_calendar_id_idx"), "calendar_teams", ["calendar_id"], unique=False
    )
    op.create_table(
        "timer_policies",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("inboxes", sa.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("teams", sa.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("first_reply", sa.Integer(), nullable=True),
        sa.Column("next_reply", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.Integer(), nullable=True),
        sa.Column("warn_percent", sa.SmallInteger(), server_default="80", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("timer_policies_pkey")),
        sa.UniqueConstraint("name", name=op.f("timer_policies_name_key")),
    )
    op.create_table(
        "conversation_timers",
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.UUID(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("running_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("conversation_timers_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "kind", name=op.f("conversation_timers_pkey")),
    )
    op.create_index(
        op.f("conversation_timers_due_at_idx"), "conversation_timers", ["due_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("conversation_timers_due_at_idx"), table_name="conversation_timers")
    op.drop_table("conversation_timers")
    op.drop_table("timer_policies")
    op.drop_index(op.f("calendar_teams_calendar_id_idx"), table_name="calendar_teams")
    op.drop_table("calendar_teams")
    op.drop_index(op.f("calendar_inboxes_calendar_id_idx"), table_name="calendar_inboxes")
    op.drop_table("calendar_inboxes")
    op.drop_index(
        "calendars_default_key",
        table_name="calendars",
        postgresql_where=sa.text("is_default"),
    )
    op.drop_table("calendars")
    op.drop_table("preferences")
    op.drop_table("kept_settings")
    op.drop_table("consents")
    op.drop_table("dismissed_suggestions")
    op.drop_table("visitors")
    op.drop_table("link_code_tries")
    op.drop_table("link_codes")
    op.drop_table("saved_views")
    op.drop_table("saved_replies")
    op.drop_table("presence")
    op.drop_table("notifications")
    op.drop_table("drafts")
    op.drop_table("conversation_followers")
    op.drop_table("entry_versions")
    op.drop_table("entry_reactions")
    op.drop_table("entry_raw")
    op.drop_index(op.f("entry_files_file_id_idx"), table_name="entry_files")
    op.drop_table("entry_files")
    op.drop_index("entries_timeline_idx", table_name="entries")
    op.drop_index("entries_id_key", table_name="entries")
    op.drop_index(
        "entries_conversation_idx",
        table_name="entries",
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.drop_table("entries")
    op.drop_table("conversation_reads")
    op.drop_table("order_versions")
    op.drop_table("appointment_versions")
    op.drop_index(op.f("identity_edges_parent_id_idx"), table_name="identity_edges")
    op.drop_index(
        "identity_edges_active_stream_key",
        table_name="identity_edges",
        postgresql_where=sa.text("ended_at IS NULL AND stream_id IS NOT NULL"),
    )
    op.drop_index(
        "identity_edges_active_customer_key",
        table_name="identity_edges",
        postgresql_where=sa.text("ended_at IS NULL AND customer_id IS NOT NULL"),
    )
    op.drop_table("identity_edges")
    op.drop_table("entry_origins")
    op.drop_table("conversation_moves")
    op.drop_index("conversations_team_idx", table_name="conversations")
    op.drop_index("conversations_inbox_idx", table_name="conversations")
    op.drop_index("conversations_assignee_idx", table_name="conversations")
    op.drop_table("conversations")
    op.drop_index(op.f("streams_root_id_idx"), table_name="streams")
    op.drop_table("streams")
    op.drop_index(
        "orders_number_trgm_idx",
        table_name="orders",
        postgresql_using="gin",
        postgresql_ops={"number": "gin_trgm_ops"},
    )
    op.drop_index(op.f("orders_customer_id_idx"), table_name="orders")
    op.drop_table("orders")
    op.drop_index(op.f("appointments_starts_at_idx"), table_name="appointments")
    op.drop_index(op.f("appointments_customer_id_idx"), table_name="appointments")
    op.drop_table("appointments")
    op.drop_index(op.f("external_refs_customer_id_idx"), table_name="external_refs")
    op.drop_table("external_refs")
    op.drop_index(op.f("decisions_rule_id_at_idx"), table_name="decisions")
    op.drop_index(op.f("decisions_object_id_idx"), table_name="decisions")
    op.drop_index(op.f("decisions_entry_id_idx"), table_name="decisions")
    op.drop_index(op.f("decisions_customer_id_at_idx"), table_name="decisions")
    op.drop_table("decisions")
    op.drop_table("attempts")
    op.drop_index(op.f("team_members_operator_id_idx"), table_name="team_members")
    op.drop_table("team_members")
    op.drop_index(op.f("team_inboxes_inbox_id_idx"), table_name="team_inboxes")
    op.drop_table("team_inboxes")
    op.drop_index(op.f("sign_ins_operator_id_idx"), table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_table("setup_links")
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
    op.drop_table("operator_identities")
    op.drop_table("send_gates")
    op.drop_table("template_versions")
    op.drop_table("templates")
    op.drop_index(op.f("custom_events_customer_id_at_idx"), table_name="custom_events")
    op.drop_table("custom_events")
    op.drop_index(op.f("rule_occasions_event_at_idx"), table_name="rule_occasions")
    op.drop_table("rule_occasions")
    op.drop_index(op.f("rule_skips_rule_id_at_idx"), table_name="rule_skips")
    op.drop_index(op.f("rule_skips_customer_id_idx"), table_name="rule_skips")
    op.drop_table("rule_skips")
    op.drop_table("rule_versions")
    op.drop_index(
        "reminders_planned_key",
        table_name="reminders",
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.drop_index(
        "reminders_next_key",
        table_name="reminders",
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.drop_index(
        "reminders_failed_key",
        table_name="reminders",
        postgresql_where=sa.text("status = 'dropped' AND reason = 'failed'"),
    )
    op.drop_index(op.f("reminders_rule_id_idx"), table_name="reminders")
    op.drop_index(op.f("reminders_object_id_idx"), table_name="reminders")
    op.drop_table("reminders")
    op.drop_index(op.f("rule_questions_firing_id_idx"), table_name="rule_questions")
    op.drop_index(op.f("rule_questions_customer_id_idx"), table_name="rule_questions")
    op.drop_table("rule_questions")
    op.drop_index(op.f("rule_firings_rule_id_at_idx"), table_name="rule_firings")
    op.drop_index(op.f("rule_firings_customer_id_at_idx"), table_name="rule_firings")
    op.drop_table("rule_firings")
    op.drop_table("risky_inputs")
    op.drop_table("reachability")
    op.drop_table("chat_mails")
    op.drop_index(op.f("quarantine_created_at_idx"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_table("ingress")
    op.drop_index(op.f("files_sha256_idx"), table_name="files")
    op.drop_table("files")
    op.drop_index(op.f("early_receipts_inbox_id_external_id_idx"), table_name="early_receipts")
    op.drop_index(op.f("early_receipts_created_at_idx"), table_name="early_receipts")
    op.drop_table("early_receipts")
    op.drop_index(
        "deliveries_trouble_idx",
        table_name="deliveries",
        postgresql_where=sa.text("status IN ('failed', 'unknown')"),
    )
    op.drop_index(op.f("deliveries_number_idx"), table_name="deliveries")
    op.drop_index(
        "deliveries_lane_idx",
        table_name="deliveries",
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
    op.drop_index(
        "deliveries_external_key",
        table_name="deliveries",
        postgresql_where=sa.text("external_id <> ''"),
    )
    op.drop_index(op.f("deliveries_entry_id_idx"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(op.f("customers_updated_at_id_idx"), table_name="customers")
    op.drop_index(op.f("customers_root_id_idx"), table_name="customers")
    op.drop_index(
        "customers_folded_trgm_idx",
        table_name="customers",
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.drop_table("customers")
    op.drop_index(
        op.f("channel_state_expires_at_idx"),
        table_name="channel_state",
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.drop_table("channel_state")
    op.drop_table("blob_chunks")
    op.drop_table("teams")
    op.drop_table("skipped_events")
    op.drop_table("sign_in_failures")
    op.drop_index(
        "search_documents_words_idx", table_name="search_documents", postgresql_using="gin"
    )
    op.drop_index(op.f("search_documents_position_idx"), table_name="search_documents")
    op.drop_table("search_documents")
    op.drop_table("rules")
    op.drop_index(op.f("pending_events_xid_idx"), table_name="pending_events")
    op.drop_table("pending_events")
    op.drop_index("operators_email_key", table_name="operators")
    op.drop_table("operators")
    op.drop_table("live_signals")
    op.drop_table("leases")
    op.drop_table("inboxes")
    op.drop_index(op.f("idempotent_calls_created_at_idx"), table_name="idempotent_calls")
    op.drop_table("idempotent_calls")
    op.drop_index(op.f("events_occurred_at_idx"), table_name="events")
    op.drop_index(op.f("events_id_idx"), table_name="events")
    op.drop_table("events")
    op.drop_table("event_readers")
    op.drop_index(op.f("due_kind_ready_at_idx"), table_name="due")
    op.drop_table("due")
    op.drop_table("conversation_tallies")
    op.drop_index(
        "contact_points_value_trgm_idx",
        table_name="contact_points",
        postgresql_using="gin",
        postgresql_ops={"value": "gin_trgm_ops"},
    )
    op.drop_table("contact_points")
    op.drop_table("blobs")
    op.drop_index(op.f("audit_object_id_idx"), table_name="audit")
    op.drop_index(op.f("audit_at_idx"), table_name="audit")
    op.drop_index(op.f("audit_actor_id_id_idx"), table_name="audit")
    op.drop_table("audit")
    op.drop_table("webhook_attempts")
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
    op.drop_table("api_tokens")
    op.drop_table("alerts")
    op.drop_table("schema_floor")
    op.execute("DROP SEQUENCE draft_revisions")
    op.execute("DROP SEQUENCE entry_positions")
