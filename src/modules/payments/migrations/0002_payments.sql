-- Payments (modules/payments/payments.h): what happened, what is claimed, what was asked of providers. Times are
-- microseconds since 1970. Ids begin with their time: their order is that of creation.

-- One row for each payment: what lists and sweeps choose by. All of it follows from its events.
CREATE TABLE payments (
  tenant_id          INTEGER NOT NULL,
  id                 TEXT    NOT NULL,
  created_at         INTEGER NOT NULL,
  state              INTEGER NOT NULL,  -- PaymentState
  amount             INTEGER NOT NULL,
  captured           INTEGER NOT NULL,
  refunded           INTEGER NOT NULL,
  currency           TEXT    NOT NULL,
  customer           TEXT    NOT NULL,
  merchant_reference TEXT    NOT NULL,
  expires_at         INTEGER,           -- of an authorisation that waits
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payments_by_customer ON payments (tenant_id, customer, id) WHERE customer <> '';
CREATE UNIQUE INDEX payments_by_reference ON payments (tenant_id, merchant_reference)
  WHERE merchant_reference <> '';
CREATE INDEX payments_expiring ON payments (expires_at) WHERE expires_at IS NOT NULL;

-- What happened, to payments and to customers, methods and payouts. Never changed.
CREATE TABLE payment_events (
  tenant_id  INTEGER NOT NULL,
  subject    TEXT    NOT NULL,
  no         INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  published  INTEGER NOT NULL,  -- 0: of its story alone
  type       TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  key        TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, subject, no)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_events_feed ON payment_events (tenant_id, at, subject, no) WHERE published = 1;

-- Customers, methods and payouts, whole, as JSON.
CREATE TABLE payment_objects (
  tenant_id INTEGER NOT NULL,
  id        TEXT    NOT NULL,
  kind      INTEGER NOT NULL,  -- 1 customer, 2 method, 3 payout
  parent    TEXT    NOT NULL,  -- of a method: its customer
  alias     TEXT    NOT NULL,  -- of a customer: the e-mail address
  deleted   INTEGER NOT NULL,
  events    INTEGER NOT NULL,
  body      TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_objects_by_kind ON payment_objects (tenant_id, kind, id) WHERE deleted = 0;
CREATE INDEX payment_objects_by_parent ON payment_objects (tenant_id, parent, id) WHERE parent <> '';
CREATE INDEX payment_objects_by_alias ON payment_objects (tenant_id, alias, id) WHERE alias <> '';

-- A request under an Idempotency-Key. Rows are made in the order in which they expire.
CREATE TABLE payment_claims (
  id          INTEGER PRIMARY KEY,
  tenant_id   INTEGER NOT NULL,
  mode        TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  fingerprint BLOB    NOT NULL,
  epoch       INTEGER NOT NULL,
  point       INTEGER NOT NULL,  -- RecoveryPoint
  lease_until INTEGER NOT NULL,
  attempt     TEXT    NOT NULL,  -- key of the provider call that it waits for
  face        INTEGER NOT NULL,
  face_state  TEXT    NOT NULL,
  principal   TEXT    NOT NULL,
  request_id  TEXT    NOT NULL,
  status      INTEGER NOT NULL,
  headers     TEXT    NOT NULL,
  body        TEXT    NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX payment_claims_by_key ON payment_claims (tenant_id, mode, key);

-- Each call to a provider, stored before it is made.
CREATE TABLE payment_attempts (
  tenant_id   INTEGER NOT NULL,
  key         TEXT    NOT NULL,
  subject     TEXT    NOT NULL,
  part        TEXT    NOT NULL,
  charge      TEXT    NOT NULL,  -- that it belongs to
  op          INTEGER NOT NULL,  -- ProviderOp
  state       INTEGER NOT NULL,  -- CallState
  renders     INTEGER NOT NULL,  -- what its request is answered with
  provider    TEXT    NOT NULL,
  reference   TEXT    NOT NULL,
  request     TEXT    NOT NULL,
  outcome     TEXT    NOT NULL,
  claim_mode  TEXT    NOT NULL,
  claim_key   TEXT    NOT NULL,
  sends       INTEGER NOT NULL,
  asks        INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  ask_at      INTEGER,           -- when the provider is to be asked; NULL: it is resolved
  resolved_at INTEGER,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;
-- Charges and refunds are listed by time; what belongs to one payment has keys that begin with its id.
CREATE INDEX payment_attempts_by_op ON payment_attempts (tenant_id, op, at, part) WHERE op IN (0, 3);
CREATE INDEX payment_attempts_open ON payment_attempts (ask_at) WHERE ask_at IS NOT NULL;

-- What a provider calls our things: each name means one thing, for ever.
CREATE TABLE payment_references (
  provider  TEXT    NOT NULL,
  reference TEXT    NOT NULL,
  tenant_id INTEGER NOT NULL,
  subject   TEXT    NOT NULL,
  part      TEXT    NOT NULL,
  attempt   TEXT    NOT NULL,  -- key of the call that made it; '': the provider did by itself
  PRIMARY KEY (provider, reference)
) STRICT, WITHOUT ROWID;

CREATE TABLE payment_disputes (
  tenant_id INTEGER NOT NULL,
  id        TEXT    NOT NULL,
  payment   TEXT    NOT NULL,
  charge    TEXT    NOT NULL,
  state     INTEGER NOT NULL,  -- DisputeState
  at        INTEGER NOT NULL,
  due_by    INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_disputes_by_time ON payment_disputes (tenant_id, at, id);
CREATE INDEX payment_disputes_due ON payment_disputes (due_by) WHERE due_by IS NOT NULL AND state = 0;

-- What changed the balance.
CREATE TABLE payment_entries (
  tenant_id    INTEGER NOT NULL,
  id           TEXT    NOT NULL,
  at           INTEGER NOT NULL,
  kind         INTEGER NOT NULL,  -- EntryKind
  source       TEXT    NOT NULL,
  subject      TEXT    NOT NULL,
  provider     TEXT    NOT NULL,
  currency     TEXT    NOT NULL,
  amount       INTEGER NOT NULL,
  fee          INTEGER NOT NULL,
  available_on INTEGER NOT NULL,
  settled      INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_entries_by_time ON payment_entries (tenant_id, at, id);
CREATE INDEX payment_entries_unsettled ON payment_entries (available_on, tenant_id) WHERE settled = 0;

-- What providers told by themselves.
CREATE TABLE payment_notices (
  provider  TEXT    NOT NULL,
  id        TEXT    NOT NULL,
  tenant_id INTEGER NOT NULL,
  kind      INTEGER NOT NULL,
  subject   TEXT    NOT NULL,
  outcome   TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (provider, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_notices_by_subject ON payment_notices (tenant_id, subject, at);
