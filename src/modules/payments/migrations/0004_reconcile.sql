-- Reconciliation (modules/payments/reconcile): each provider's statements held against what we have
-- recorded. Times are microseconds since 1970; days are the first moment of theirs.

-- One row for each statement of a provider and a day; a later version replaces the one before.
CREATE TABLE reconcile_runs (
  tenant_id    INTEGER NOT NULL,
  id           TEXT    NOT NULL,
  provider     TEXT    NOT NULL,
  day          INTEGER NOT NULL,
  version      INTEGER NOT NULL,
  state        INTEGER NOT NULL,  -- RunState
  format       INTEGER NOT NULL,  -- StatementFormat
  hash         BLOB    NOT NULL,  -- SHA-256 of the statement
  statement_id TEXT    NOT NULL,
  asked_by     TEXT    NOT NULL,
  items        INTEGER NOT NULL,
  breaks       INTEGER NOT NULL,
  open         INTEGER NOT NULL,  -- breaks that nobody has resolved
  totals       TEXT    NOT NULL,  -- JSON, by currency
  at           INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX reconcile_runs_by_day ON reconcile_runs (tenant_id, provider, day, version);
CREATE INDEX reconcile_runs_newest ON reconcile_runs (tenant_id, day, id);

-- One row for each line of a run: matched, or a break.
CREATE TABLE reconcile_items (
  tenant_id    INTEGER NOT NULL,
  run          TEXT    NOT NULL,
  no           INTEGER NOT NULL,
  provider     TEXT    NOT NULL,
  day          INTEGER NOT NULL,
  outcome      INTEGER NOT NULL,  -- Outcome
  state        INTEGER NOT NULL,  -- ItemState
  kind         INTEGER NOT NULL,  -- LineKind
  reference    TEXT    NOT NULL,
  currency     TEXT    NOT NULL,
  description  TEXT    NOT NULL,
  payment      TEXT    NOT NULL,
  object       TEXT    NOT NULL,
  entry        TEXT    NOT NULL,  -- of payment_entries; '': we have none
  our_amount   INTEGER,
  our_fee      INTEGER,
  our_day      INTEGER,
  their_amount INTEGER,
  their_fee    INTEGER,
  their_day    INTEGER,
  line         INTEGER NOT NULL,  -- of the statement
  suspense     INTEGER NOT NULL,  -- lies there now
  bookings     INTEGER NOT NULL,
  resolution   TEXT    NOT NULL,
  resolved_run TEXT    NOT NULL,
  note         TEXT    NOT NULL,
  resolved_by  TEXT    NOT NULL,
  resolved_at  INTEGER,
  PRIMARY KEY (tenant_id, run, no)
) STRICT, WITHOUT ROWID;
CREATE INDEX reconcile_items_open ON reconcile_items (tenant_id, day, run, no) WHERE state = 1;
CREATE INDEX reconcile_items_by_our_day ON reconcile_items (tenant_id, provider, our_day)
  WHERE our_day IS NOT NULL;
