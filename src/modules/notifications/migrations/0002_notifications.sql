-- Notifications: what somebody is to be told, and how that went. notification.h has the states.

CREATE TABLE notifications (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id        INTEGER NOT NULL,
  user_id          TEXT    NOT NULL DEFAULT '',  -- '': a bare address
  to_email         TEXT    NOT NULL DEFAULT '',
  to_phone         TEXT    NOT NULL DEFAULT '',
  to_device        TEXT    NOT NULL DEFAULT '',
  locale           TEXT    NOT NULL DEFAULT '',
  category         TEXT    NOT NULL DEFAULT '',
  template_key     TEXT    NOT NULL DEFAULT '',
  template_version INTEGER NOT NULL DEFAULT 0,
  content          TEXT    NOT NULL DEFAULT '',  -- JSON, where there is no template
  data             TEXT    NOT NULL DEFAULT '',  -- JSON, the template's
  channels         TEXT    NOT NULL DEFAULT '',
  priority         INTEGER NOT NULL DEFAULT 1,
  dedupe_key       TEXT,
  collapse_key     TEXT    NOT NULL DEFAULT '',
  digest_key       TEXT    NOT NULL DEFAULT '',
  digest_for_s     INTEGER NOT NULL DEFAULT 0,
  traceparent      TEXT    NOT NULL DEFAULT '',
  send_at          INTEGER,
  expires_at       INTEGER,
  state            INTEGER NOT NULL DEFAULT 0,
  planned          INTEGER NOT NULL DEFAULT 0,
  reason           TEXT    NOT NULL DEFAULT '',
  digested_into    INTEGER NOT NULL DEFAULT 0,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX notifications_by_dedupe ON notifications (tenant_id, dedupe_key)
  WHERE dedupe_key IS NOT NULL;
CREATE INDEX notifications_by_user ON notifications (tenant_id, user_id, id);
CREATE INDEX notifications_by_age ON notifications (created_at);

CREATE TABLE notifications_deliveries (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id       INTEGER NOT NULL,
  notification_id INTEGER NOT NULL,
  channel         INTEGER NOT NULL,
  user_id         TEXT    NOT NULL DEFAULT '',
  category        TEXT    NOT NULL DEFAULT '',
  address         TEXT    NOT NULL,
  extra           TEXT    NOT NULL DEFAULT '',
  device          TEXT    NOT NULL DEFAULT '',
  state           INTEGER NOT NULL DEFAULT 0,
  reason          TEXT    NOT NULL DEFAULT '',
  detail          TEXT    NOT NULL DEFAULT '',
  attempts        INTEGER NOT NULL DEFAULT 0,
  dead            INTEGER NOT NULL DEFAULT 0,
  replay_of       INTEGER NOT NULL DEFAULT 0,
  provider_id     INTEGER NOT NULL DEFAULT 0,
  provider_ref    TEXT    NOT NULL DEFAULT '',
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  counted_at      INTEGER NOT NULL DEFAULT 0,  -- when it was to go: what caps count; 0: not yet, never
  next_at         INTEGER,
  sent_at         INTEGER
) STRICT;
CREATE INDEX notifications_deliveries_by_notification
  ON notifications_deliveries (tenant_id, notification_id);
CREATE INDEX notifications_deliveries_by_ref
  ON notifications_deliveries (tenant_id, provider_id, provider_ref) WHERE provider_ref <> '';
-- What a cap counts: what was, or will be, handed over.
CREATE INDEX notifications_deliveries_by_category
  ON notifications_deliveries (tenant_id, user_id, category, counted_at)
  WHERE counted_at > 0 AND user_id <> '';
CREATE INDEX notifications_deliveries_dead ON notifications_deliveries (tenant_id, id)
  WHERE dead = 1;
-- Those whose receipt may never come.
CREATE INDEX notifications_deliveries_sent ON notifications_deliveries (channel, sent_at)
  WHERE state = 2;

CREATE TABLE notifications_attempts (
  delivery_id   INTEGER NOT NULL,
  number        INTEGER NOT NULL,
  tenant_id     INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  took_us       INTEGER NOT NULL,
  provider      TEXT    NOT NULL,
  verdict       INTEGER NOT NULL,
  status        INTEGER NOT NULL,
  code          TEXT    NOT NULL,
  detail        TEXT    NOT NULL,
  after_unknown INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;

-- What providers told afterwards, each once.
CREATE TABLE notifications_reports (
  delivery_id INTEGER NOT NULL,
  dedupe      TEXT    NOT NULL,
  tenant_id   INTEGER NOT NULL,
  kind        TEXT    NOT NULL,
  detail      TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (delivery_id, dedupe)
) STRICT, WITHOUT ROWID;

-- What a channel without a provider would have sent: for development.
CREATE TABLE notifications_caught (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id   INTEGER NOT NULL,
  delivery_id INTEGER NOT NULL,
  channel     INTEGER NOT NULL,
  address     TEXT    NOT NULL,
  subject     TEXT    NOT NULL,
  text        TEXT    NOT NULL,
  html        TEXT    NOT NULL,
  url         TEXT    NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX notifications_caught_by_tenant ON notifications_caught (tenant_id, id);

-- Notifications that are gathered until due_at and then go out as one.
CREATE TABLE notifications_digests (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id  INTEGER NOT NULL,
  user_id    TEXT    NOT NULL,
  digest_key TEXT    NOT NULL,
  due_at     INTEGER NOT NULL,
  open       INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX notifications_digests_open
  ON notifications_digests (tenant_id, user_id, digest_key) WHERE open = 1;
CREATE TABLE notifications_digest_items (
  digest_id       INTEGER NOT NULL,
  notification_id INTEGER NOT NULL,
  tenant_id       INTEGER NOT NULL,
  PRIMARY KEY (digest_id, notification_id)
) STRICT, WITHOUT ROWID;

-- What lies in the apps' inboxes. An entry is there until it is archived and old.
CREATE TABLE notifications_inbox (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id       INTEGER NOT NULL,
  user_id         TEXT    NOT NULL,
  notification_id INTEGER NOT NULL,
  delivery_id     INTEGER NOT NULL,
  category        TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  body            TEXT    NOT NULL,
  url             TEXT    NOT NULL,
  data            TEXT    NOT NULL,
  created_at      INTEGER NOT NULL,
  read_at         INTEGER,
  archived_at     INTEGER
) STRICT;
CREATE INDEX notifications_inbox_by_user ON notifications_inbox (tenant_id, user_id, id);
CREATE INDEX notifications_inbox_unread ON notifications_inbox (tenant_id, user_id)
  WHERE read_at IS NULL AND archived_at IS NULL;
-- A delivery that is sent again lies there once.
CREATE UNIQUE INDEX notifications_inbox_by_delivery ON notifications_inbox (delivery_id);
CREATE INDEX notifications_inbox_by_age ON notifications_inbox (created_at);
