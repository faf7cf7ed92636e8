-- Notifications: who is told what when something happens, and whose inbox tokens were ended.
-- What a rule says is JSON (event_rules/event_rule.h); name, type and enabled stand beside it for
-- looking up.

CREATE TABLE notifications_event_rules (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id    INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  event_type   TEXT    NOT NULL,
  enabled      INTEGER NOT NULL,
  definition   TEXT    NOT NULL,
  version      INTEGER NOT NULL DEFAULT 1,
  accepted     INTEGER NOT NULL DEFAULT 0,   -- events
  failed       INTEGER NOT NULL DEFAULT 0,
  error_reason TEXT    NOT NULL DEFAULT '',  -- of the last failure
  error_detail TEXT    NOT NULL DEFAULT '',
  error_event  TEXT    NOT NULL DEFAULT '',
  accepted_at  INTEGER,
  failed_at    INTEGER,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX notifications_event_rules_by_name
  ON notifications_event_rules (tenant_id, name);

-- Tokens of a user that were made before it open nothing any more; kept for as long as one lives.
CREATE TABLE notifications_inbox_token_ends (
  tenant_id   INTEGER NOT NULL,
  user_id     TEXT    NOT NULL,
  made_before INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_inbox_token_ends_by_time
  ON notifications_inbox_token_ends (made_before);
