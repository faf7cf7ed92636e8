-- Native rules of limits; see 0001_limits.sql for what each column is.
CREATE TABLE limits_rule_versions (
  tenant_id  BIGINT NOT NULL,
  version    BIGINT NOT NULL,
  written_at BIGINT NOT NULL,
  rules      BIGINT NOT NULL,
  author     TEXT   NOT NULL,
  summary    TEXT   NOT NULL,
  text       TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, version)
);
CREATE INDEX limits_rule_versions_by_time ON limits_rule_versions (written_at);
SELECT ashlar_isolate('limits_rule_versions');
