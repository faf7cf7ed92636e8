-- Webhooks; see 0001_webhooks.sql for what each table is.

CREATE TABLE webhooks_endpoints (
  id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id       BIGINT NOT NULL,
  url             TEXT   NOT NULL,
  description     TEXT,
  event_types     TEXT   NOT NULL,
  format          BIGINT NOT NULL DEFAULT 0,
  ordered         BIGINT NOT NULL DEFAULT 0,
  rate_per_s      DOUBLE PRECISION,
  max_running     BIGINT NOT NULL,
  secrets         BYTEA  NOT NULL,
  state           BIGINT NOT NULL DEFAULT 0,
  failing_since   BIGINT,
  disabled_at     BIGINT,
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL,
  version         BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX webhooks_endpoints_by_tenant ON webhooks_endpoints (tenant_id, id);
SELECT ashlar_isolate('webhooks_endpoints');

CREATE TABLE webhooks_messages (
  tenant_id      BIGINT NOT NULL,
  event_id       TEXT   COLLATE "C" NOT NULL,
  type           TEXT   NOT NULL,
  aggregate_type TEXT   NOT NULL,
  aggregate_id   TEXT   NOT NULL,
  data           TEXT   NOT NULL,
  traceparent    TEXT   NOT NULL,
  seq            BIGINT NOT NULL,
  occurred_at    BIGINT NOT NULL,
  created_at     BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, event_id)
);
CREATE INDEX webhooks_messages_by_age ON webhooks_messages (created_at);
SELECT ashlar_isolate('webhooks_messages');

-- Room in each page: a delivery is updated with each attempt.
CREATE TABLE webhooks_deliveries (
  id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id    BIGINT NOT NULL,
  endpoint_id  BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  attempted_at BIGINT,
  next_at      BIGINT,
  state        BIGINT NOT NULL DEFAULT 0,
  test         BIGINT NOT NULL DEFAULT 0,
  attempts     BIGINT NOT NULL DEFAULT 0,
  series       BIGINT NOT NULL DEFAULT 0,
  series_start BIGINT NOT NULL DEFAULT 0,
  status       BIGINT,
  event_id     TEXT   COLLATE "C" NOT NULL,
  event_type   TEXT   COLLATE "C" NOT NULL,
  error        TEXT
) WITH (fillfactor = 80);
CREATE INDEX webhooks_deliveries_by_endpoint
  ON webhooks_deliveries (tenant_id, endpoint_id, created_at, id);
CREATE INDEX webhooks_deliveries_unfinished
  ON webhooks_deliveries (tenant_id, endpoint_id, state, created_at, id) WHERE state <> 1;
CREATE INDEX webhooks_deliveries_by_event ON webhooks_deliveries (tenant_id, event_id);
SELECT ashlar_isolate('webhooks_deliveries');

CREATE TABLE webhooks_attempts (
  delivery_id BIGINT NOT NULL,
  number      BIGINT NOT NULL,
  tenant_id   BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  took_us     BIGINT NOT NULL,
  status      BIGINT,
  error       TEXT,
  answer      TEXT,
  PRIMARY KEY (delivery_id, number)
);
SELECT ashlar_isolate('webhooks_attempts');
