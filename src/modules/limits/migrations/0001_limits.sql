-- Native rules of limits, one row for each version that a tenant's rules have had; the last one
-- holds (rule_book.h). Older versions than the last hundred go.
CREATE TABLE limits_rule_versions (
  tenant_id  INTEGER NOT NULL,
  version    INTEGER NOT NULL,   -- from 1, without holes
  written_at INTEGER NOT NULL,   -- microseconds since 1970
  author     TEXT    NOT NULL,
  summary    TEXT    NOT NULL,   -- what it changed
  rules      INTEGER NOT NULL,   -- how many
  text       TEXT    NOT NULL,   -- rule_json.h
  PRIMARY KEY (tenant_id, version)
) STRICT;
-- Instances ask what was written lately.
CREATE INDEX limits_rule_versions_by_time ON limits_rule_versions (written_at);
