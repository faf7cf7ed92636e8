-- The log of events (docs/events.md), and where its consumers stand. Times are microseconds since 1970.

-- One number after the other, never a block of them to a session: numbers drawn under a key's lock must grow.
CREATE SEQUENCE outbox_seq CACHE 1;
GRANT USAGE ON SEQUENCE outbox_seq TO ashlar_app, ashlar_platform;

-- Debezium's outbox columns, and ours. Transactions commit in another order than they draw seq, so a reader goes by xid: what a
-- snapshot sees that an earlier one did not. Within a key seq is the order of commits. tenant_id 0: the installation's own.
CREATE TABLE outbox (
  seq BIGINT NOT NULL PRIMARY KEY,
  xid XID8 NOT NULL DEFAULT pg_current_xact_id(),
  tenant_id BIGINT NOT NULL,
  occurred_at BIGINT NOT NULL,
  id TEXT NOT NULL,
  aggregatetype TEXT NOT NULL,
  aggregateid TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  traceparent TEXT NOT NULL
);
CREATE INDEX outbox_by_xid ON outbox (xid, seq);
CREATE INDEX outbox_by_tenant ON outbox (tenant_id, seq);
SELECT ashlar_isolate('outbox');

-- A consumer's position: all that from_snapshot sees; where to_snapshot is set, also what that one sees up to seq. Who holds the
-- lease works it; epoch fences.
CREATE TABLE event_consumers (
  name TEXT NOT NULL PRIMARY KEY,
  types TEXT NOT NULL,
  seq BIGINT NOT NULL,
  from_snapshot TEXT NOT NULL,
  to_snapshot TEXT NOT NULL,
  owner TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
) WITH (fillfactor = 50);
SELECT ashlar_platform_only('event_consumers');

-- Events that a consumer could not take yet (state 0), in order of id within a key, and those it never could (1: dead letters).
-- Only the first of a key has a time at which it is due; those behind it wait for ever, until it goes.
CREATE TABLE event_parked (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  state BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  consumer TEXT NOT NULL,
  key TEXT NOT NULL,
  error TEXT NOT NULL
);
CREATE INDEX event_parked_due ON event_parked (consumer, next_at) WHERE state = 0;
CREATE INDEX event_parked_keys ON event_parked (consumer, key, id) WHERE state = 0;
CREATE INDEX event_parked_dead ON event_parked (consumer, id) WHERE state = 1;
CREATE INDEX event_parked_events ON event_parked (seq);
CREATE INDEX event_parked_by_tenant ON event_parked (tenant_id);
SELECT ashlar_isolate('event_parked');

-- Since when the oldest transaction runs that keeps a snapshot or has changed something, in microseconds of its age; prepared ones
-- that nobody ends count too. It runs as the owner of the schema: other roles do not see what a session does.
CREATE FUNCTION ashlar_oldest_transaction() RETURNS BIGINT
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT coalesce(max(extract(epoch FROM clock_timestamp() - began) * 1000000), 0)::bigint FROM (
    SELECT xact_start AS began FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database() AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)
    UNION ALL
    SELECT prepared FROM pg_prepared_xacts WHERE database = current_database()) AS running
$$;
REVOKE ALL ON FUNCTION ashlar_oldest_transaction() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ashlar_oldest_transaction() TO ashlar_platform;
