-- The card-API profile; see 0005_profile.sql.

CREATE TABLE payment_profile_endpoints (
  tenant_id   BIGINT NOT NULL,
  id          TEXT   COLLATE "C" NOT NULL,
  created_at  BIGINT NOT NULL,
  url         TEXT   NOT NULL,
  description TEXT   NOT NULL,
  events      TEXT   NOT NULL,
  metadata    TEXT   NOT NULL,
  disabled    BIGINT NOT NULL,
  live        BIGINT NOT NULL,
  secret      BYTEA  NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
SELECT ashlar_isolate('payment_profile_endpoints');
