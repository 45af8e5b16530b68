"""Where a hub may be killed: each place that commits or sends, and what a kill there may cost."""

WAY_IN = {
    "an inbound batch": "hub.conversations.intake.Intake._store",
    "numbering": "relay.move",
    "an order": "hub.web.endpoint.Endpoint._in_transaction[push_order]",
    "rules": "hub.db.reader._Reader._advance[rules]",
    "a rule going on": "hub.rules.later.LaterRules._once",
    "search": "hub.db.reader._Reader._advance[search]",
    "a receipt": "hub.deliveries.receipts._apply",
    "a receipt of something unknown": "hub.deliveries.receipts._keep_early",
}
WAY_OUT = {
    "an answer": "hub.web.endpoint.Endpoint._in_transaction[send_message]",
    "taking lanes": "hub.due.loop.DueLoop._turn",
    "marking as sending": "hub.deliveries.outbox.Outbox._begin",
    "handing over what may come twice": "channel.send[forgiving]",
    "handing over": "channel.send[careful]",
    "ending what is in doubt": "hub.deliveries.outbox.Outbox._once[record_ended]",
    "recording results": "hub.deliveries.outbox.Outbox._once[record_finished]",
}
LATER = {
    "a message whose time has come": "hub.deliveries.outbox.Outbox._release",
    "a conversation that wakes": "hub.conversations.update.Snoozes._wake",
    "a message's further way": "hub.conversations.fallbacks.Fallbacks._look",
    "what webhooks are to be told": "hub.db.reader._Reader._advance[webhooks]",
    "what a webhook has been told": "hub.webhooks.sending.WebhookSender._record",
    "a webhook that knows all": "hub.webhooks.sending.WebhookSender._finish",
}
SELDOM = ("[record_ended]", "._keep_early", "._wake", "._finish", "Fallbacks._look")
"""There is little in doubt, heard of too early, or waiting: the first time counts."""
ELSEWHERE = {
    "hub.cli.serving._invite_first_administrator",
    "hub.web.endpoint.Endpoint._in_transaction[add_inbox]",
    "hub.web.endpoint.Endpoint._in_transaction[store_rule]",
    "hub.web.gate.Gate._note",
    "hub.web.housekeeping.run",
    "hub.db.leases.LeaseKeeper._execute",
    "hub.db.retention.Retention._in_batches",
    "hub.db.reader._Reader._add[answers]",
    "hub.db.reader._Reader._add[fallbacks]",
    "hub.db.reader._Reader._add[notifications]",
    "hub.db.reader._Reader._add[questions]",
    "hub.db.reader._Reader._add[ratings]",
    "hub.db.reader._Reader._add[reminders]",
    "hub.db.reader._Reader._add[routing]",
    "hub.db.reader._Reader._add[rules]",
    "hub.db.reader._Reader._add[search]",
    "hub.db.reader._Reader._advance[answers]",
    "hub.db.reader._Reader._advance[fallbacks]",
    "hub.db.reader._Reader._add[webhooks]",
    "hub.db.reader._Reader._advance[notifications]",
    "hub.db.reader._Reader._advance[questions]",
    "hub.db.reader._Reader._advance[ratings]",
    "hub.db.reader._Reader._advance[reminders]",
    "hub.db.reader._Reader._advance[routing]",
    "hub.deliveries.outbox.Outbox.inbox_opened",
    "hub.desk.turn_taking.Turns._give",
    "hub.desk.turn_taking.Turns._done",
    "hub.inboxes.host.StoredState._write",
    "hub.inboxes.host.sweep_expired",
    "hub.inboxes.state.write",
    "hub.reminders.scan.Scans._one",
    "hub.timeline.leftovers.sweep",
}
"""Commits that carry no message: who asked asks again, and loops write it again."""
