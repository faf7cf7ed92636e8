-- Payments; see 0002_payments.sql for what each table is.
CREATE TABLE payments (
  tenant_id          BIGINT NOT NULL,
  id                 TEXT COLLATE "C" NOT NULL,
  created_at         BIGINT NOT NULL,
  state              BIGINT NOT NULL,
  amount             BIGINT NOT NULL,
  captured           BIGINT NOT NULL,
  refunded           BIGINT NOT NULL,
  currency           TEXT COLLATE "C" NOT NULL,
  customer           TEXT COLLATE "C" NOT NULL,
  merchant_reference TEXT COLLATE "C" NOT NULL,
  expires_at         BIGINT,
  PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 80);
CREATE INDEX payments_by_customer ON payments (tenant_id, customer, id) WHERE customer <> '';
CREATE UNIQUE INDEX payments_by_reference ON payments (tenant_id, merchant_reference)
  WHERE merchant_reference <> '';
CREATE INDEX payments_expiring ON payments (expires_at) WHERE expires_at IS NOT NULL;
SELECT ashlar_isolate('payments');

CREATE TABLE payment_events (
  tenant_id  BIGINT NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  no         BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  published  BIGINT NOT NULL,
  type       TEXT COLLATE "C" NOT NULL,
  body       TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  key        TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, subject, no)
);
CREATE INDEX payment_events_feed ON payment_events (tenant_id, at, subject, no) WHERE published = 1;
SELECT ashlar_isolate('payment_events');

CREATE TABLE payment_objects (
  tenant_id BIGINT NOT NULL,
  id        TEXT COLLATE "C" NOT NULL,
  kind      BIGINT NOT NULL,
  parent    TEXT COLLATE "C" NOT NULL,
  alias     TEXT COLLATE "C" NOT NULL,
  deleted   BIGINT NOT NULL,
  events    BIGINT NOT NULL,
  body      TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX payment_objects_by_kind ON payment_objects (tenant_id, kind, id) WHERE deleted = 0;
CREATE INDEX payment_objects_by_parent ON payment_objects (tenant_id, parent, id) WHERE parent <> '';
CREATE INDEX payment_objects_by_alias ON payment_objects (tenant_id, alias, id) WHERE alias <> '';
SELECT ashlar_isolate('payment_objects');

CREATE TABLE payment_claims (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id   BIGINT NOT NULL,
  mode        TEXT COLLATE "C" NOT NULL,
  key         TEXT COLLATE "C" NOT NULL,
  fingerprint BYTEA    NOT NULL,
  epoch       BIGINT NOT NULL,
  point       BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  attempt     TEXT COLLATE "C" NOT NULL,
  face        BIGINT NOT NULL,
  face_state  TEXT    NOT NULL,
  principal   TEXT COLLATE "C" NOT NULL,
  request_id  TEXT    NOT NULL,
  status      BIGINT NOT NULL,
  headers     TEXT    NOT NULL,
  body        TEXT    NOT NULL,
  expires_at  BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX payment_claims_by_key ON payment_claims (tenant_id, mode, key);
SELECT ashlar_isolate('payment_claims');

CREATE TABLE payment_attempts (
  tenant_id   BIGINT NOT NULL,
  key         TEXT COLLATE "C" NOT NULL,
  subject     TEXT COLLATE "C" NOT NULL,
  part        TEXT COLLATE "C" NOT NULL,
  charge      TEXT COLLATE "C" NOT NULL,
  op          BIGINT NOT NULL,
  state       BIGINT NOT NULL,
  renders     BIGINT NOT NULL,
  provider    TEXT COLLATE "C" NOT NULL,
  reference   TEXT COLLATE "C" NOT NULL,
  request     TEXT    NOT NULL,
  outcome     TEXT    NOT NULL,
  claim_mode  TEXT COLLATE "C" NOT NULL,
  claim_key   TEXT COLLATE "C" NOT NULL,
  sends       BIGINT NOT NULL,
  asks        BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  ask_at      BIGINT,
  resolved_at BIGINT,
  PRIMARY KEY (tenant_id, key)
) WITH (fillfactor = 80);
CREATE INDEX payment_attempts_by_op ON payment_attempts (tenant_id, op, at, part) WHERE op IN (0, 3);
CREATE INDEX payment_attempts_open ON payment_attempts (ask_at) WHERE ask_at IS NOT NULL;
SELECT ashlar_isolate('payment_attempts');

CREATE TABLE payment_references (
  provider  TEXT COLLATE "C" NOT NULL,
  reference TEXT COLLATE "C" NOT NULL,
  tenant_id BIGINT NOT NULL,
  subject   TEXT COLLATE "C" NOT NULL,
  part      TEXT COLLATE "C" NOT NULL,
  attempt   TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (provider, reference)
);
SELECT ashlar_isolate('payment_references');

CREATE TABLE payment_disputes (
  tenant_id BIGINT NOT NULL,
  id        TEXT COLLATE "C" NOT NULL,
  payment   TEXT COLLATE "C" NOT NULL,
  charge    TEXT COLLATE "C" NOT NULL,
  state     BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  due_by    BIGINT,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX payment_disputes_by_time ON payment_disputes (tenant_id, at, id);
CREATE INDEX payment_disputes_due ON payment_disputes (due_by) WHERE due_by IS NOT NULL AND state = 0;
SELECT ashlar_isolate('payment_disputes');

CREATE TABLE payment_entries (
  tenant_id    BIGINT NOT NULL,
  id           TEXT COLLATE "C" NOT NULL,
  at           BIGINT NOT NULL,
  kind         BIGINT NOT NULL,
  source       TEXT COLLATE "C" NOT NULL,
  subject      TEXT COLLATE "C" NOT NULL,
  provider     TEXT COLLATE "C" NOT NULL,
  currency     TEXT COLLATE "C" NOT NULL,
  amount       BIGINT NOT NULL,
  fee          BIGINT NOT NULL,
  available_on BIGINT NOT NULL,
  settled      BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX payment_entries_by_time ON payment_entries (tenant_id, at, id);
CREATE INDEX payment_entries_unsettled ON payment_entries (available_on, tenant_id) WHERE settled = 0;
SELECT ashlar_isolate('payment_entries');

CREATE TABLE payment_notices (
  provider  TEXT COLLATE "C" NOT NULL,
  id        TEXT COLLATE "C" NOT NULL,
  tenant_id BIGINT NOT NULL,
  kind      BIGINT NOT NULL,
  subject   TEXT COLLATE "C" NOT NULL,
  outcome   TEXT    NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (provider, id)
);
CREATE INDEX payment_notices_by_subject ON payment_notices (tenant_id, subject, at);
SELECT ashlar_isolate('payment_notices');
