-- The ledger: double-entry books, one a tenant. Rows of ledger_accounts, ledger_ids, ledger_burned, ledger_transfers,
-- ledger_legs and ledger_batches are written once and never change; the others follow from them (ashlar verify).
-- Amounts are minor units, times microseconds since 1970.

-- The head of each book: locked first by whoever writes. Counts of what the book holds.
CREATE TABLE ledger_books (
  tenant_id INTEGER NOT NULL PRIMARY KEY,
  seq       INTEGER NOT NULL,             -- of the last batch
  accounts  INTEGER NOT NULL,
  transfers INTEGER NOT NULL,
  legs      INTEGER NOT NULL,
  burned    INTEGER NOT NULL,
  at        INTEGER NOT NULL,             -- of the last batch
  last_at   INTEGER NOT NULL,             -- of the last transfer
  head      BLOB    NOT NULL,             -- the chain's hash after the last batch
  signature BLOB    NOT NULL              -- of the head; empty: not signed
) STRICT;

-- The chain: hash = SHA-256(previous, canonical bytes of what the batch added).
CREATE TABLE ledger_batches (
  tenant_id      INTEGER NOT NULL,
  seq            INTEGER NOT NULL,
  at             INTEGER NOT NULL,
  first_account  INTEGER NOT NULL,
  accounts       INTEGER NOT NULL,
  first_transfer INTEGER NOT NULL,
  transfers      INTEGER NOT NULL,
  first_leg      INTEGER NOT NULL,
  legs           INTEGER NOT NULL,
  first_burned   INTEGER NOT NULL,
  burned         INTEGER NOT NULL,
  previous       BLOB    NOT NULL,
  hash           BLOB    NOT NULL,
  signature      BLOB    NOT NULL,
  PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_accounts (
  tenant_id  INTEGER NOT NULL,
  no         INTEGER NOT NULL,
  id         TEXT    NOT NULL,
  currency   TEXT    NOT NULL,
  rules      INTEGER NOT NULL,            -- bits: 1 debits <= credits, 2 credits <= debits, 4 reserved
  created_at INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  metadata   TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, no),
  UNIQUE (tenant_id, id)
) STRICT, WITHOUT ROWID;

-- What moves of an account, apart from what does not, so that a batch rewrites little.
CREATE TABLE ledger_totals (
  tenant_id       INTEGER NOT NULL,
  account_no      INTEGER NOT NULL,
  debits_pending  INTEGER NOT NULL,
  debits_posted   INTEGER NOT NULL,
  credits_pending INTEGER NOT NULL,
  credits_posted  INTEGER NOT NULL,
  legs            INTEGER NOT NULL,
  last_leg        INTEGER NOT NULL,       -- ledger_legs.no of the last one; 0: none
  closing         INTEGER NOT NULL,       -- holds that keep it closed
  PRIMARY KEY (tenant_id, account_no)
) STRICT, WITHOUT ROWID;

-- What a client's id stands for, for ever: a transfer (its number), or a refusal (minus its number in ledger_burned).
CREATE TABLE ledger_ids (
  tenant_id INTEGER NOT NULL,
  id        TEXT    NOT NULL,
  no        INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

-- Ids that a passing refusal has used up.
CREATE TABLE ledger_burned (
  tenant_id INTEGER NOT NULL,
  no        INTEGER NOT NULL,
  id        TEXT    NOT NULL,
  verdict   INTEGER NOT NULL,
  batch     INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_transfers (
  tenant_id  INTEGER NOT NULL,
  no         INTEGER NOT NULL,
  id         TEXT    NOT NULL,
  kind       INTEGER NOT NULL,            -- 0 posted, 1 pending, 2 post, 3 void, 4 expire
  hold_no    INTEGER NOT NULL,            -- of 2, 3, 4: the pending one; else 0
  batch      INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  timeout_ms INTEGER,
  flags      INTEGER NOT NULL,            -- entry.h, EntryFlag
  asked      INTEGER NOT NULL,
  first_leg  INTEGER NOT NULL,
  legs       INTEGER NOT NULL,            -- ledger_legs.no from first_leg on
  code       TEXT    NOT NULL,
  metadata   TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_holds (
  tenant_id   INTEGER NOT NULL,
  transfer_no INTEGER NOT NULL,
  state       INTEGER NOT NULL,           -- 0 open, 1 posted, 2 voided, 3 expired
  expires_at  INTEGER,
  lefts       TEXT    NOT NULL,           -- what is left of each of its legs, in their order: "[100,100]"
  PRIMARY KEY (tenant_id, transfer_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_holds_due ON ledger_holds (tenant_id, expires_at)
  WHERE state = 0 AND expires_at IS NOT NULL;
CREATE INDEX ledger_holds_sweep ON ledger_holds (expires_at)
  WHERE state = 0 AND expires_at IS NOT NULL;

-- Every movement of every account, in the order in which they were booked: written by appending alone. prev, jump:
-- the legs of one account hang together (leg_chain.h).
CREATE TABLE ledger_legs (
  tenant_id       INTEGER NOT NULL,
  no              INTEGER NOT NULL,
  account_no      INTEGER NOT NULL,
  leg_no          INTEGER NOT NULL,       -- among the account's
  transfer_no     INTEGER NOT NULL,
  kind            INTEGER NOT NULL,       -- the transfer's
  side            INTEGER NOT NULL,       -- 0 debit, 1 credit
  posted          INTEGER NOT NULL,       -- added to the side's totals
  pending         INTEGER NOT NULL,
  debits_pending  INTEGER NOT NULL,       -- the account's totals after it
  debits_posted   INTEGER NOT NULL,
  credits_pending INTEGER NOT NULL,
  credits_posted  INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  prev            INTEGER NOT NULL,
  jump            INTEGER NOT NULL,
  jump_leg        INTEGER NOT NULL,
  jump_at         INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, no)
) STRICT, WITHOUT ROWID;
