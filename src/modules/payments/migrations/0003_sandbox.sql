-- The sandbox's book: what a bank would keep of us, apart from all that is ours. Written in its own
-- transactions alone, never in one with payments or the ledger. `bank` is the provider's name.

-- Locked first by who writes the book of a bank: several processes may.
CREATE TABLE sandbox_banks (
  bank TEXT    NOT NULL PRIMARY KEY,
  seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every key that was ever asked for, and what has become of it.
CREATE TABLE sandbox_calls (
  tenant_id INTEGER NOT NULL,
  bank      TEXT    NOT NULL,
  key       TEXT    NOT NULL,
  op        INTEGER NOT NULL,             -- ProviderOp
  asked     INTEGER NOT NULL,             -- how often it was submitted
  fence     INTEGER NOT NULL DEFAULT 0,   -- what was sent before is not done any more
  at        INTEGER NOT NULL,
  answer    TEXT    NOT NULL,             -- JSON: sandbox_book.h
  PRIMARY KEY (tenant_id, bank, key)
) STRICT, WITHOUT ROWID;

-- Authorisations, refunds, disputes, payouts, balances, calls that are still on their way.
CREATE TABLE sandbox_objects (
  tenant_id INTEGER NOT NULL,
  bank      TEXT    NOT NULL,
  reference TEXT    NOT NULL,
  due_at    INTEGER,                      -- something becomes of it by itself then
  body      TEXT    NOT NULL,             -- JSON: sandbox_book.h
  PRIMARY KEY (tenant_id, bank, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX sandbox_objects_due ON sandbox_objects (bank, due_at) WHERE due_at IS NOT NULL;

-- Money that moved, a line each; nothing here ever changes. Its statements are made of these.
CREATE TABLE sandbox_moves (
  tenant_id INTEGER NOT NULL,
  bank      TEXT    NOT NULL,
  id        TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  kind      INTEGER NOT NULL,             -- MoveKind
  key       TEXT    NOT NULL,             -- of the call; '' where there was none
  reference TEXT    NOT NULL,
  about     TEXT    NOT NULL,             -- the authorisation
  gross     INTEGER NOT NULL,             -- minor units, to us
  fee       INTEGER NOT NULL,             -- taken off that
  currency  TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, bank, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sandbox_moves_by_time ON sandbox_moves (tenant_id, bank, at, id);
CREATE INDEX sandbox_moves_by_key ON sandbox_moves (tenant_id, bank, key);

-- What is to be told, and what was.
CREATE TABLE sandbox_notices (
  tenant_id INTEGER NOT NULL,
  bank      TEXT    NOT NULL,
  id        TEXT    NOT NULL,
  copy      INTEGER NOT NULL,             -- of a notice that is told twice on purpose: 1
  due_at    INTEGER,                      -- NULL: it was taken
  tries     INTEGER NOT NULL DEFAULT 0,
  at        INTEGER NOT NULL,
  body      TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, bank, id, copy)
) STRICT, WITHOUT ROWID;
CREATE INDEX sandbox_notices_due ON sandbox_notices (bank, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX sandbox_notices_taken ON sandbox_notices (bank, at) WHERE due_at IS NULL;
