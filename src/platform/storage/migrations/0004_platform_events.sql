-- The log of events (docs/events.md), and where its consumers stand. Times are microseconds since 1970.

-- Debezium's outbox columns, and ours. seq is the order of commits: there is one writer. tenant_id 0: the installation's own.
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  tenant_id INTEGER NOT NULL,
  aggregatetype TEXT NOT NULL,
  aggregateid TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  occurred_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_tenant ON outbox (tenant_id);

-- A consumer's position: all up to seq (the snapshots are PostgreSQL's and empty here). Who holds the lease works it; epoch fences.
CREATE TABLE event_consumers (
  name TEXT NOT NULL PRIMARY KEY,
  types TEXT NOT NULL,
  seq INTEGER NOT NULL,
  from_snapshot TEXT NOT NULL,
  to_snapshot TEXT NOT NULL,
  owner TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that a consumer could not take yet (state 0), in order of id within a key, and those it never could (1: dead letters).
-- Only the first of a key has a time at which it is due; those behind it wait for ever, until it goes.
CREATE TABLE event_parked (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  consumer TEXT NOT NULL,
  tenant_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  seq INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  error TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX event_parked_due ON event_parked (consumer, next_at) WHERE state = 0;
CREATE INDEX event_parked_keys ON event_parked (consumer, key, id) WHERE state = 0;
CREATE INDEX event_parked_dead ON event_parked (consumer, id) WHERE state = 1;
CREATE INDEX event_parked_events ON event_parked (seq);
CREATE INDEX event_parked_by_tenant ON event_parked (tenant_id);
