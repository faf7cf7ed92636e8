-- See 0001_ledger.sql for what each table is.

CREATE TABLE ledger_books (
  tenant_id BIGINT NOT NULL PRIMARY KEY,
  seq       BIGINT NOT NULL,
  accounts  BIGINT NOT NULL,
  transfers BIGINT NOT NULL,
  legs      BIGINT NOT NULL,
  burned    BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  last_at   BIGINT NOT NULL,
  head      BYTEA NOT NULL,
  signature BYTEA NOT NULL
) WITH (fillfactor = 60);
SELECT ashlar_isolate('ledger_books');

CREATE TABLE ledger_batches (
  tenant_id      BIGINT NOT NULL,
  seq            BIGINT NOT NULL,
  at             BIGINT NOT NULL,
  first_account  BIGINT NOT NULL,
  accounts       BIGINT NOT NULL,
  first_transfer BIGINT NOT NULL,
  transfers      BIGINT NOT NULL,
  first_leg      BIGINT NOT NULL,
  legs           BIGINT NOT NULL,
  first_burned   BIGINT NOT NULL,
  burned         BIGINT NOT NULL,
  previous       BYTEA NOT NULL,
  hash           BYTEA NOT NULL,
  signature      BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);
SELECT ashlar_isolate('ledger_batches');

CREATE TABLE ledger_accounts (
  tenant_id  BIGINT NOT NULL,
  no         BIGINT NOT NULL,
  id         TEXT COLLATE "C" NOT NULL,
  currency   TEXT NOT NULL,
  rules      BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  name       TEXT NOT NULL,
  metadata   TEXT NOT NULL,
  PRIMARY KEY (tenant_id, no),
  UNIQUE (tenant_id, id)
);
SELECT ashlar_isolate('ledger_accounts');

CREATE TABLE ledger_totals (
  tenant_id       BIGINT NOT NULL,
  account_no      BIGINT NOT NULL,
  debits_pending  BIGINT NOT NULL,
  debits_posted   BIGINT NOT NULL,
  credits_pending BIGINT NOT NULL,
  credits_posted  BIGINT NOT NULL,
  legs            BIGINT NOT NULL,
  last_leg        BIGINT NOT NULL,
  closing         BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, account_no)
) WITH (fillfactor = 60);
SELECT ashlar_isolate('ledger_totals');

CREATE TABLE ledger_ids (
  tenant_id BIGINT NOT NULL,
  id        TEXT COLLATE "C" NOT NULL,
  no        BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
SELECT ashlar_isolate('ledger_ids');

CREATE TABLE ledger_burned (
  tenant_id BIGINT NOT NULL,
  no        BIGINT NOT NULL,
  id        TEXT COLLATE "C" NOT NULL,
  verdict   BIGINT NOT NULL,
  batch     BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, no)
);
SELECT ashlar_isolate('ledger_burned');

CREATE TABLE ledger_transfers (
  tenant_id  BIGINT NOT NULL,
  no         BIGINT NOT NULL,
  id         TEXT COLLATE "C" NOT NULL,
  kind       BIGINT NOT NULL,
  hold_no    BIGINT NOT NULL,
  batch      BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  timeout_ms BIGINT,
  flags      BIGINT NOT NULL,
  asked      BIGINT NOT NULL,
  first_leg  BIGINT NOT NULL,
  legs       BIGINT NOT NULL,
  code       TEXT NOT NULL,
  metadata   TEXT NOT NULL,
  PRIMARY KEY (tenant_id, no)
);
SELECT ashlar_isolate('ledger_transfers');

CREATE TABLE ledger_holds (
  tenant_id   BIGINT NOT NULL,
  transfer_no BIGINT NOT NULL,
  state       BIGINT NOT NULL,
  expires_at  BIGINT,
  lefts       TEXT NOT NULL,
  PRIMARY KEY (tenant_id, transfer_no)
);
SELECT ashlar_isolate('ledger_holds');

CREATE INDEX ledger_holds_due ON ledger_holds (tenant_id, expires_at)
  WHERE state = 0 AND expires_at IS NOT NULL;

CREATE INDEX ledger_holds_sweep ON ledger_holds (expires_at)
  WHERE state = 0 AND expires_at IS NOT NULL;

CREATE TABLE ledger_legs (
  tenant_id       BIGINT NOT NULL,
  no              BIGINT NOT NULL,
  account_no      BIGINT NOT NULL,
  leg_no          BIGINT NOT NULL,
  transfer_no     BIGINT NOT NULL,
  kind            BIGINT NOT NULL,
  side            BIGINT NOT NULL,
  posted          BIGINT NOT NULL,
  pending         BIGINT NOT NULL,
  debits_pending  BIGINT NOT NULL,
  debits_posted   BIGINT NOT NULL,
  credits_pending BIGINT NOT NULL,
  credits_posted  BIGINT NOT NULL,
  at              BIGINT NOT NULL,
  prev            BIGINT NOT NULL,
  jump            BIGINT NOT NULL,
  jump_leg        BIGINT NOT NULL,
  jump_at         BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, no)
);
SELECT ashlar_isolate('ledger_legs');
