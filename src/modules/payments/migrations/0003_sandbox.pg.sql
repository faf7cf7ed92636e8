-- The sandbox's book; see 0003_sandbox.sql for what each table is.

CREATE TABLE sandbox_banks (
  bank TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
  seq  BIGINT NOT NULL
);
SELECT ashlar_platform_only('sandbox_banks');

CREATE TABLE sandbox_calls (
  tenant_id BIGINT NOT NULL,
  op        BIGINT NOT NULL,
  asked     BIGINT NOT NULL,
  fence     BIGINT NOT NULL DEFAULT 0,
  at        BIGINT NOT NULL,
  bank      TEXT   COLLATE "C" NOT NULL,
  key       TEXT   COLLATE "C" NOT NULL,
  answer    TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, bank, key)
);
SELECT ashlar_isolate('sandbox_calls');

-- Room in each page: an authorisation is updated by its captures and refunds.
CREATE TABLE sandbox_objects (
  tenant_id BIGINT NOT NULL,
  due_at    BIGINT,
  bank      TEXT   COLLATE "C" NOT NULL,
  reference TEXT   COLLATE "C" NOT NULL,
  body      TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, bank, reference)
) WITH (fillfactor = 80);
CREATE INDEX sandbox_objects_due ON sandbox_objects (bank, due_at) WHERE due_at IS NOT NULL;
SELECT ashlar_isolate('sandbox_objects');

CREATE TABLE sandbox_moves (
  tenant_id BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  kind      BIGINT NOT NULL,
  gross     BIGINT NOT NULL,
  fee       BIGINT NOT NULL,
  bank      TEXT   COLLATE "C" NOT NULL,
  id        TEXT   COLLATE "C" NOT NULL,
  key       TEXT   COLLATE "C" NOT NULL,
  reference TEXT   COLLATE "C" NOT NULL,
  about     TEXT   COLLATE "C" NOT NULL,
  currency  TEXT   COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, bank, id)
);
CREATE INDEX sandbox_moves_by_time ON sandbox_moves (tenant_id, bank, at, id);
CREATE INDEX sandbox_moves_by_key ON sandbox_moves (tenant_id, bank, key);
SELECT ashlar_isolate('sandbox_moves');

CREATE TABLE sandbox_notices (
  tenant_id BIGINT NOT NULL,
  copy      BIGINT NOT NULL,
  due_at    BIGINT,
  tries     BIGINT NOT NULL DEFAULT 0,
  at        BIGINT NOT NULL,
  bank      TEXT   COLLATE "C" NOT NULL,
  id        TEXT   COLLATE "C" NOT NULL,
  body      TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, bank, id, copy)
);
CREATE INDEX sandbox_notices_due ON sandbox_notices (bank, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX sandbox_notices_taken ON sandbox_notices (bank, at) WHERE due_at IS NULL;
SELECT ashlar_isolate('sandbox_notices');
