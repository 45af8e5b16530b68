"""Everything that waits, as rows: deliveries, reminders, snoozes, deadlines, retries, jobs."""
