-- Reconciliation; see 0004_reconcile.sql for what each table is.

-- One row for each statement of a provider and a day; a later version replaces the one before.
CREATE TABLE reconcile_runs (
  tenant_id    BIGINT NOT NULL,
  id           TEXT   COLLATE "C" NOT NULL,
  provider     TEXT   COLLATE "C" NOT NULL,
  day          BIGINT NOT NULL,
  version      BIGINT NOT NULL,
  state        BIGINT NOT NULL,
  format       BIGINT NOT NULL,
  hash         BYTEA    NOT NULL,
  statement_id TEXT    NOT NULL,
  asked_by     TEXT    NOT NULL,
  items        BIGINT NOT NULL,
  breaks       BIGINT NOT NULL,
  open         BIGINT NOT NULL,
  totals       TEXT    NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX reconcile_runs_by_day ON reconcile_runs (tenant_id, provider, day, version);
CREATE INDEX reconcile_runs_newest ON reconcile_runs (tenant_id, day, id);
SELECT ashlar_isolate('reconcile_runs');

-- One row for each line of a run: matched, or a break.
CREATE TABLE reconcile_items (
  tenant_id    BIGINT NOT NULL,
  run          TEXT   COLLATE "C" NOT NULL,
  no           BIGINT NOT NULL,
  provider     TEXT   COLLATE "C" NOT NULL,
  day          BIGINT NOT NULL,
  outcome      BIGINT NOT NULL,
  state        BIGINT NOT NULL,
  kind         BIGINT NOT NULL,
  reference    TEXT    NOT NULL,
  currency     TEXT    NOT NULL,
  description  TEXT    NOT NULL,
  payment      TEXT    NOT NULL,
  object       TEXT    NOT NULL,
  entry        TEXT   COLLATE "C" NOT NULL,
  our_amount   BIGINT,
  our_fee      BIGINT,
  our_day      BIGINT,
  their_amount BIGINT,
  their_fee    BIGINT,
  their_day    BIGINT,
  line         BIGINT NOT NULL,
  suspense     BIGINT NOT NULL,
  bookings     BIGINT NOT NULL,
  resolution   TEXT    NOT NULL,
  resolved_run TEXT    NOT NULL,
  note         TEXT    NOT NULL,
  resolved_by  TEXT    NOT NULL,
  resolved_at  BIGINT,
  PRIMARY KEY (tenant_id, run, no)
);
CREATE INDEX reconcile_items_open ON reconcile_items (tenant_id, day, run, no) WHERE state = 1;
CREATE INDEX reconcile_items_by_our_day ON reconcile_items (tenant_id, provider, our_day)
  WHERE our_day IS NOT NULL;
SELECT ashlar_isolate('reconcile_items');
