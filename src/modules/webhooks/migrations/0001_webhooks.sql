-- Webhooks: who is to be told of a tenant's events, what was told, and how that went.

-- AUTOINCREMENT: ids must not come back, for deliveries and jobs of a deleted endpoint name it.
CREATE TABLE webhooks_endpoints (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id       INTEGER NOT NULL,
  url             TEXT    NOT NULL,
  description     TEXT,
  event_types     TEXT    NOT NULL,            -- JSON array of patterns
  format          INTEGER NOT NULL DEFAULT 0,  -- 0: Standard Webhooks, 1: CloudEvents structured
  ordered         INTEGER NOT NULL DEFAULT 0,
  rate_per_s      REAL,
  max_running     INTEGER NOT NULL,
  secrets         BLOB    NOT NULL,            -- sealed; signing_keys.h says what is inside
  state           INTEGER NOT NULL DEFAULT 0,  -- EndpointState
  failing_since   INTEGER,                     -- no attempt has succeeded since then
  disabled_at     INTEGER,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  version         INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX webhooks_endpoints_by_tenant ON webhooks_endpoints (tenant_id);

-- Events that some endpoint was to be told of, once for all of its deliveries.
CREATE TABLE webhooks_messages (
  tenant_id      INTEGER NOT NULL,
  event_id       TEXT    NOT NULL,
  seq            INTEGER NOT NULL,  -- in the log of events; 0: a test, which is not there
  type           TEXT    NOT NULL,
  aggregate_type TEXT    NOT NULL,
  aggregate_id   TEXT    NOT NULL,
  data           TEXT    NOT NULL,
  traceparent    TEXT    NOT NULL,
  occurred_at    INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_messages_by_age ON webhooks_messages (created_at);

-- One event for one endpoint.
CREATE TABLE webhooks_deliveries (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id    INTEGER NOT NULL,
  endpoint_id  INTEGER NOT NULL,
  event_id     TEXT    NOT NULL,
  event_type   TEXT    NOT NULL,
  state        INTEGER NOT NULL DEFAULT 0,  -- 0 pending, 1 delivered, 2 failed
  test         INTEGER NOT NULL DEFAULT 0,
  attempts     INTEGER NOT NULL DEFAULT 0,  -- made so far
  series       INTEGER NOT NULL DEFAULT 0,  -- how often it was asked to be sent again
  series_start INTEGER NOT NULL DEFAULT 0,  -- attempts made before the last time that it was
  created_at   INTEGER NOT NULL,
  attempted_at INTEGER,                     -- the last one
  next_at      INTEGER,                     -- pending: not before
  status       INTEGER,                     -- of the last answer
  error        TEXT                         -- of the last attempt that failed
) STRICT;
CREATE INDEX webhooks_deliveries_by_endpoint
  ON webhooks_deliveries (tenant_id, endpoint_id, created_at, id);
CREATE INDEX webhooks_deliveries_unfinished
  ON webhooks_deliveries (tenant_id, endpoint_id, state, created_at, id) WHERE state <> 1;
CREATE INDEX webhooks_deliveries_by_event ON webhooks_deliveries (tenant_id, event_id);

CREATE TABLE webhooks_attempts (
  delivery_id INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  tenant_id   INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  took_us     INTEGER NOT NULL,
  status      INTEGER,        -- NULL: no answer
  error       TEXT,           -- NULL: delivered
  answer      TEXT,           -- the first bytes of the answer's body, where they may be kept
  PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;
