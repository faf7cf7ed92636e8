-- Event rules and ended inbox tokens; see 0005_rules_and_tokens.sql for what each table is.

CREATE TABLE notifications_event_rules (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  event_type TEXT COLLATE "C" NOT NULL,
  enabled BIGINT NOT NULL,
  definition TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  accepted BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  error_reason TEXT NOT NULL DEFAULT '',
  error_detail TEXT NOT NULL DEFAULT '',
  error_event TEXT NOT NULL DEFAULT '',
  accepted_at BIGINT,
  failed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX notifications_event_rules_by_name
  ON notifications_event_rules (tenant_id, name);
SELECT ashlar_isolate('notifications_event_rules');

CREATE TABLE notifications_inbox_token_ends (
  tenant_id BIGINT NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  made_before BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX notifications_inbox_token_ends_by_time
  ON notifications_inbox_token_ends (made_before);
SELECT ashlar_isolate('notifications_inbox_token_ends');
