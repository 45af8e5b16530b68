"""What PostgreSQL is told: sensible for a small server shared with the hub itself."""

import os
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)

ACCESS = """\
# Written by Besedka at every start.
# The database user signs in with its password. The superuser has none: nobody is let in as it.
local all all scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """The facts a configuration follows from; `memory` in bytes."""

    socket_dir: Path
    access_file: Path
    log_dir: Path
    title: str
    memory: int
    durable: bool


def available_memory() -> int:
    """Bytes of memory of this machine, or of this container where it is given less."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in _CGROUP_LIMITS:
        try:
            text = file.read_text(encoding="utf-8").strip()
        except OSError:
            continue
        if text.isdecimal():  # "max" otherwise
            limits.append(int(text))
    return min(limits)


def configuration(plan: ServerPlan) -> str:
    """The text of postgresql.conf. The administrator's local.conf beside it has the last word."""
    settings = _common(plan) | _memory(plan.memory)
    settings |= _logging(plan) if plan.durable else _throw_away()
    lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    return "\n".join(
        [
            "# Written by Besedka at every start: put your own settings into local.conf.",
            *lines,
            "include_if_exists = 'local.conf'",
            "",
        ]
    )


def _common(plan: ServerPlan) -> dict[str, str]:
    return {
        "listen_addresses": "",
        "unix_socket_directories": f'"{plan.socket_dir}"',
        "unix_socket_permissions": "0700",
        "hba_file": str(plan.access_file),
        "cluster_name": plan.title,
        "password_encryption": "scram-sha-256",
        "max_connections": "60",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "iso, ymd",
        "lc_messages": "C",
        "lc_monetary": "C",
        "lc_numeric": "C",
        "lc_time": "C",
        "default_text_search_config": "pg_catalog.simple",
        # Every query of ours reads few rows by an index from an SSD or from memory.
        "jit": "off",
        "random_page_cost": "1.1",
        # Parallel queries need /dev/shm, of which a container has 64 MB.
        "max_parallel_workers_per_gather": "0",
        # Queues and counters turn over the same few pages: clean them early and often.
        "autovacuum_naptime": "20s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.05",
    }


def _memory(memory: int) -> dict[str, str]:
    return {
        "shared_buffers": _megabytes(memory // 8, 32, 1024),
        "effective_cache_size": _megabytes(memory // 2, 64, 1024 * 1024),
        "maintenance_work_mem": _megabytes(memory // 32, 32, 256),
        "work_mem": _megabytes(memory // 256, 4, 32),
        "min_wal_size": "80MB",
        "max_wal_size": "1GB",
    }


def _logging(plan: ServerPlan) -> dict[str, str]:
    return {
        # A file for each day of the week: seven at most, whatever happens.
        "logging_collector": "on",
        "log_directory": str(plan.log_dir),
        "log_filename": "postgresql-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "%m [%p] %q%a ",
        "log_lock_waits": "on",
        "log_statement": "none",
        # A failed statement or its detail may quote a message or an address.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }


def _throw_away() -> dict[str, str]:
    # synchronous_commit stays on: what was committed outlives a killed server, if not a power cut.
    return {
        # Hubs by the half dozen share one where things are tried out.
        "max_connections": "200",
        "fsync": "off",
        "full_page_writes": "off",
        "shared_buffers": "64MB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "checkpoint_timeout": "1h",
    }


def _megabytes(size: int, least: int, most: int) -> str:
    return f"{min(max(size // MB, least), most)}MB"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
