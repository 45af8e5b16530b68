"""The mapped base: one naming convention, UTC-only times, UUIDv7 keys made by the database."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, MetaData, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

Json = dict[str, Any]
JsonList = list[Any]

Id = Annotated[UUID, mapped_column(primary_key=True, server_default=func.uuidv7())]
"""A UUIDv7 primary key."""
CreatedAt = Annotated[datetime, mapped_column(server_default=func.now())]
Words = Annotated[list[str], mapped_column(ARRAY(Text), server_default=text("'{}'"))]
"""A set of short words (labels, scopes)."""
Attributes = Annotated[Json, mapped_column(JSONB, server_default=text("'{}'"))]
Word = Annotated[str, mapped_column(Text, server_default="")]
"""Text that is empty unless set; never null."""
Big = Annotated[int, mapped_column(BigInteger)]
Flag = Annotated[bool, mapped_column(server_default=text("false"))]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        UUID: Uuid,
        str: Text,
        Json: JSONB,
        JsonList: JSONB,
        list[str]: ARRAY(Text),
    }
