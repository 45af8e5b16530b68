"""Which line of the hub each guarantee of its core rests on, and which test watches that line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guarantee:
    """`test` turns red when `line`, which `file` holds exactly once, becomes `without`."""

    promise: str
    file: str
    line: str
    without: str
    test: str


_CLUSTER = "tests/integration/cluster/"
_INGEST = "tests/integration/ingest/"
_LOG = "tests/integration/log/"
_OUT = "tests/integration/deliveries/"
_TALK = "tests/integration/conversations/"
_LINE = "tests/integration/timeline/"
_WHO = "tests/integration/identity/"

GUARANTEES = (
    # --- the embedded cluster
    Guarantee(
        "a second hub on one data directory is refused",
        "hub/db/cluster/locks.py",
        "    if lock.try_exclusive():\n        lock.sign()",
        "    if lock.try_exclusive() or True:\n        lock.sign()",
        _CLUSTER + "test_sharing.py::test_a_second_hub_is_refused_until_the_first_is_gone",
    ),
    Guarantee(
        "a server that was killed comes back at the same address",
        "hub/db/cluster/tenancy.py",
        "        if lives(pid):",
        "        if False:",
        _CLUSTER + "test_crashes.py::test_a_killed_postmaster_comes_back_at_the_same_address",
    ),
    Guarantee(
        "a server whose hub was killed is adopted",
        "hub/db/cluster/server.py",
        "        if (found := self._settled()) is not None:",
        "        if (found := None) is not None:",
        _CLUSTER + "test_crashes.py::test_the_server_of_a_killed_hub_is_adopted",
    ),
    Guarantee(
        "a stranger with the dead server's number is not taken for it",
        "hub/db/cluster/server.py",
        "        self._disown_stranger()\n",
        "",
        _CLUSTER
        + "test_crashes.py::test_a_number_in_use_by_a_stranger_is_not_taken_for_the_server",
    ),
    Guarantee(
        "the last user stops the server, nobody before",
        "hub/db/cluster/tenancy.py",
        "                if users.try_exclusive():",
        "                if True:",
        _CLUSTER
        + "test_sharing.py::test_the_last_user_stops_the_server_and_a_killed_one_does_not_count",
    ),
    Guarantee(
        "a database without Cyrillic letters is refused",
        "hub/db/cluster/fitness.py",
        '    if facts.lower_sample != "ж":',
        "    if False:",
        _CLUSTER + "test_fitness.py::test_a_locale_that_knows_only_latin_letters",
    ),
    # --- ingest
    Guarantee(
        "input that comes twice is one entry",
        "hub/conversations/inbound/store.py",
        "    new = [one for entrance, one in firsts.items() if entrance in unseen]",
        "    new = [one for entrance, one in firsts.items()]",
        _INGEST + "test_messages.py::test_a_repeat_answers_the_same_and_writes_nothing",
    ),
    Guarantee(
        "a checkpoint is committed with its message, also with a repeat",
        "hub/conversations/inbound/store.py",
        "((one.inbox.id, one.checkpoint) for one in batch)",
        "((one.inbox.id, one.checkpoint) for one in new)",
        _INGEST
        + "test_messages.py::test_a_checkpoint_is_committed_with_its_message_also_with_a_repeat",
    ),
    Guarantee(
        "a message that spoils its batch is quarantined alone",
        "hub/conversations/inbound/intake.py",
        "        return await self._one_by_one(batch)",
        "        return [await self._rejected(one, ValueError()) for one in batch]",
        _INGEST + "test_failures.py::test_a_poison_message_is_quarantined_alone",
    ),
    Guarantee(
        "a database that is away is back-pressure, never quarantine",
        "hub/conversations/inbound/intake.py",
        "            if blames_the_input(error):",
        "            if True:",
        _INGEST + "test_failures.py::test_a_lost_connection_is_back_pressure_and_heals",
    ),
    Guarantee(
        "a batch that loses against another is tried again",
        "hub/conversations/inbound/intake.py",
        "            result = await retry_serialization(work)",
        "            result = await work()",
        _INGEST + "test_failures.py::test_a_batch_that_loses_against_another_is_tried_again",
    ),
    Guarantee(
        "a caller that gives up does not undo its batch",
        "hub/conversations/inbound/batch.py",
        "        if future.done():  # its caller was cancelled\n            continue\n",
        "",
        _INGEST + "test_failures.py::test_a_cancelled_caller_does_not_cancel_its_batch",
    ),
    Guarantee(
        "input that kills the process is put away unread",
        "hub/conversations/inbound/risky.py",
        "            if row.starts <= DEATHS:",
        "            if True:",
        _INGEST
        + "test_quarantine.py::test_input_that_kills_two_processes_is_quarantined_unparsed",
    ),
    # --- the event log
    Guarantee(
        "one relay numbers events, and another takes over",
        "hub/db/relay.py",
        '    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):',
        '    while await connection.fetchval("SELECT false"):',
        _LOG + "test_relay.py::test_another_relay_leads_when_the_leaders_connection_is_cut",
    ),
    Guarantee(
        "a leader that is frozen is replaced",
        "hub/db/relay.py",
        '    "idle_session_timeout": str(int(IDLE_LIMIT * 1000)),\n',
        "",
        _LOG + "test_relay.py::test_another_process_takes_over_within_ten_seconds",
    ),
    Guarantee(
        "readers are woken when a number is there",
        "hub/db/relay.py",
        "                self._database.signals.wake(Topic.EVENTS)\n",
        "",
        _LOG + "test_relay.py::test_readers_are_rung_after_the_number_is_there",
    ),
    Guarantee(
        "an event nobody rang for is found",
        "hub/db/relay.py",
        "                await wake.wait(POLL)",
        "                await wake.wait(3600)",
        _LOG + "test_relay.py::test_an_event_that_nobody_rang_for_is_found",
    ),
    Guarantee(
        "a reader's work and its place commit together, on one node at a time",
        "hub/db/reader.py",
        "FROM event_readers WHERE name = :name FOR UPDATE SKIP LOCKED",
        "FROM event_readers WHERE name = :name",
        _LOG + "test_reader.py::test_two_nodes_share_one_reader",
    ),
    Guarantee(
        "a reader is moved past no event that it was woken for",
        "hub/db/passing.py",
        "            WHERE reader.seq >= $3 AND reader.seq < $4",
        "            WHERE reader.seq >= 0 * $3 AND reader.seq < $4",
        _LOG + "test_passing.py::test_who_stands_further_back_is_not_moved",
    ),
    Guarantee(
        "a position drawn before its customer was locked does not count",
        "hub/conversations/inbound/entering.py",
        "    if all(home.created or home.root_id in entered.held for home in homes):",
        "    if homes:",
        _INGEST + "test_positions.py::"
        "test_a_merge_while_it_waits_gives_a_message_its_position_anew",
    ),
    Guarantee(
        "who cannot renew a lease stops before another may begin",
        "hub/db/leases.py",
        "        limit = asyncio.timeout_at(await self._acquired(name))",
        "        limit = asyncio.timeout_at(await self._acquired(name) + 3600)",
        _LOG + "test_leases.py::test_who_cannot_renew_stops_before_another_may_begin",
    ),
    # --- due work
    Guarantee(
        "who has lost a claim ends nothing",
        "hub/due/queue.py",
        "due.lease = coalesce(done.lease, CAST(:lease_all AS uuid))",
        "true",
        "tests/integration/due/test_queue.py::test_planning_anew_takes_the_work_out_of_hand",
    ),
    Guarantee(
        "what is planned with a transaction goes with it",
        "hub/due/queue.py",
        "            FOR UPDATE SKIP LOCKED\n",
        "",
        "tests/integration/due/test_queue.py::test_a_claim_passes_over_rows_that_are_locked",
    ),
    # --- the outbox
    Guarantee(
        "one contact point's messages leave in order",
        "hub/deliveries/lane.py",
        "        ORDER BY d.number LIMIT 1",
        "        ORDER BY d.number DESC LIMIT 1",
        _OUT + "test_outbox.py::test_a_contact_points_messages_arrive_in_order",
    ),
    Guarantee(
        "what may have been sent is not sent again by itself",
        "hub/deliveries/lane.py",
        "    if abandoned and repeat_is_safe is False:",
        "    if False:",
        _OUT + "test_crashes.py::test_a_node_that_dies",
    ),
    Guarantee(
        "what is cancelled in the last moment is not sent",
        "hub/deliveries/lane.py",
        "WHERE id = ANY (CAST(:ids AS uuid[])) AND status IN ('queued', 'sending')",
        "WHERE id = ANY (CAST(:ids AS uuid[]))",
        _OUT + "test_outbox.py::test_a_message_cancelled_since_its_lane_was_looked_at_is_not_sent",
    ),
    Guarantee(
        "who opts out while a message waits is not written to",
        "hub/deliveries/lane.py",
        '    if head.opted_out and not head.content.get("forced", False):',
        "    if False:",
        _OUT + "test_outbox.py::test_who_opts_out_meanwhile_is_not_written_to",
    ),
    Guarantee(
        "an inbox's rate holds over all nodes",
        "hub/deliveries/rounds.py",
        "        if (start := gates.on_grid(slot)) > now:",
        "        if (start := gates.on_grid(slot)) > now and False:",
        _OUT + "test_gates.py::test_the_rate_holds_over_two_nodes_and_no_slot_is_wasted",
    ),
    Guarantee(
        "a provider's pause stops the whole inbox",
        "hub/deliveries/lane.py",
        "    if paused_until is not None:",
        "    if False:",
        _OUT + "test_outbox.py::test_a_rate_limit_of_the_inbox_stops_the_inbox_and_no_other",
    ),
    Guarantee(
        "what is taken back lets what stands behind it go",
        "hub/deliveries/news.py",
        "    await lane.hasten(session, gone, now)\n",
        "",
        _OUT + "test_outbox.py::"
        "test_what_stands_behind_a_message_for_a_closed_inbox_goes_once_that_is_taken_back",
    ),
    Guarantee(
        "a lane comes back soon while another node has its inbox open",
        "hub/deliveries/rounds.py",
        "        soon = head.inbox_id in elsewhere",
        "        soon = False",
        _OUT + "test_outbox.py::"
        "test_while_another_node_has_the_inbox_open_its_lanes_come_back_soon",
    ),
    Guarantee(
        "receipts end alike in any order",
        "hub/deliveries/status.py",
        "    return max(old, news, key=RANK.__getitem__)",
        "    return news",
        _OUT + "test_receipts.py::test_any_order_and_repetition_ends_alike",
    ),
    Guarantee(
        "a receipt that comes before the answer is kept",
        "hub/deliveries/receipts.py",
        "            left = await _keep_early(database, inbox_id, left)",
        "            left = []",
        _OUT + "test_receipts.py::test_a_receipt_that_comes_before_the_answer_is_kept",
    ),
    Guarantee(
        "a late bounce marks the address",
        "hub/deliveries/news.py",
        "        if why and after[one.id] is Status.FAILED:",
        "        if False:",
        _OUT + "test_receipts.py::test_a_late_bounce_fails_and_marks_the_address",
    ),
    # --- conversations
    Guarantee(
        "a signature of ours opens nobody else's conversation",
        "hub/conversations/routing.py",
        "    own = [one for one in conversations if one.root_id == arrival.root_id]",
        "    own = list(conversations)",
        "tests/unit/conversations/test_routing.py",
    ),
    Guarantee(
        "a conversation crosses the inboxes of one pool only",
        "hub/conversations/routing.py",
        "    pool = [one for one in own if one.pool == arrival.pool]",
        "    pool = list(own)",
        "tests/unit/conversations/test_routing.py",
    ),
    Guarantee(
        "of two answers at once one is told of the other",
        "hub/conversations/outbound/answered.py",
        "    if not missing:",
        "    if True:",
        _TALK + "test_reply.py::test_two_answers_at_once_and_only_one_is_unaware",
    ),
    # --- orders and rules
    Guarantee(
        "an older version of an order changes nothing",
        "hub/objects/decide.py",
        "    if version < known.version:",
        "    if False:",
        "tests/integration/orders/test_put.py::test_repeats_and_stale_versions_change_nothing",
    ),
    Guarantee(
        "a rule fires once per key, whatever the repeats",
        "hub/rules/firing.py",
        "        elif (one.rule.id, it.key) in spent:\n",
        "        elif False:\n",
        "tests/integration/rules/test_order_notices.py",
    ),
    Guarantee(
        "of two who come to a key at once, one fires",
        "hub/rules/firing.py",
        "    if len(await _KEEP.rows(session, columns)) < len(firings):\n",
        "    if len(await _KEEP.rows(session, columns)) < 0:\n",
        "tests/integration/rules/test_keys.py",
    ),
    # --- timeline, files, search, live
    Guarantee(
        "no stream is fetched whole",
        "hub/timeline/page.py",
        '            CROSS JOIN LATERAL ({_entries("stream_id = chosen.id", direction)}) AS entry',
        "            JOIN entries AS entry ON entry.stream_id = chosen.id",
        _LINE + "test_page.py::test_no_stream_is_fetched_whole_and_sorted",
    ),
    Guarantee(
        "the same bytes are kept once",
        "hub/timeline/blobs.py",
        "    if not await _is_new(session, digest):\n        return digest\n",
        "",
        _LINE + "test_files.py::test_the_same_bytes_are_kept_once",
    ),
    Guarantee(
        "a file is seen by whoever may see its message",
        "hub/timeline/files.py",
        "              AND (e.inbox_id IS NULL OR e.inbox_id <> ALL (CAST(:hidden AS uuid[]))))",
        "        )",
        _LINE + "test_files.py::test_who_may_see_a_file",
    ),
    Guarantee(
        "hidden inboxes are not searched",
        "hub/timeline/search.py",
        '_VISIBLE = "(inbox_id IS NULL OR inbox_id <> ALL (CAST(:hidden AS uuid[])))"',
        '_VISIBLE = "(inbox_id IS NULL OR CAST(:hidden AS uuid[]) IS NOT NULL)"',
        _LINE + "test_search.py::test_hidden_inboxes_are_not_searched",
    ),
    Guarantee(
        "nobody hears of an inbox that is hidden",
        "hub/timeline/broadcast.py",
        "            if event.inboxes.isdisjoint(hidden):",
        "            if True:",
        "tests/integration/live/test_feed.py::test_nobody_hears_of_an_inbox_that_is_hidden",
    ),
    Guarantee(
        "who comes back too late is told to load anew",
        "hub/timeline/live.py",
        "        if after + 1 < low or after > high or high - after > self._kept:",
        "        if False:",
        "tests/integration/live/test_feed.py::"
        "test_who_is_too_late_or_from_elsewhere_has_to_load_anew",
    ),
    Guarantee(
        "who comes back in time misses nothing",
        "hub/timeline/live.py",
        "            after = await self._catch_up_from_log(subscription, wanted, after)",
        "            pass",
        "tests/integration/live/test_feed.py::test_resuming_after_what_was_kept_reads_the_log",
    ),
    # --- identity
    Guarantee(
        "a merge that waited sees what the other one did",
        "hub/customers/roots.py",
        "        if held.issuperset(needed):",
        "        if True:",
        _WHO + "test_reshape.py",
    ),
    # --- sign-in and roles
    Guarantee(
        "another site's page cannot use our cookie",
        "hub/web/gate.py",
        "                require_own_page(request, caller, strict=live)\n",
        "                pass\n",
        "tests/integration/web/test_sign_in.py::"
        "test_pages_of_other_sites_can_do_nothing_with_the_cookie",
    ),
)
