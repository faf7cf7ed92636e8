-- Notifications: what somebody is to be told, and how that went. notification.h has the states.

CREATE TABLE notifications (
  id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id        BIGINT NOT NULL,
  user_id          TEXT COLLATE "C" NOT NULL DEFAULT '',
  to_email         TEXT    NOT NULL DEFAULT '',
  to_phone         TEXT    NOT NULL DEFAULT '',
  to_device        TEXT    NOT NULL DEFAULT '',
  locale           TEXT    NOT NULL DEFAULT '',
  category         TEXT COLLATE "C" NOT NULL DEFAULT '',
  template_key     TEXT    NOT NULL DEFAULT '',
  template_version BIGINT NOT NULL DEFAULT 0,
  content          TEXT    NOT NULL DEFAULT '',
  data             TEXT    NOT NULL DEFAULT '',
  channels         TEXT    NOT NULL DEFAULT '',
  priority         BIGINT NOT NULL DEFAULT 1,
  dedupe_key       TEXT,
  collapse_key     TEXT    NOT NULL DEFAULT '',
  digest_key       TEXT COLLATE "C" NOT NULL DEFAULT '',
  digest_for_s     BIGINT NOT NULL DEFAULT 0,
  traceparent      TEXT    NOT NULL DEFAULT '',
  send_at          BIGINT,
  expires_at       BIGINT,
  state            BIGINT NOT NULL DEFAULT 0,
  planned          BIGINT NOT NULL DEFAULT 0,
  reason           TEXT    NOT NULL DEFAULT '',
  digested_into    BIGINT NOT NULL DEFAULT 0,
  created_at       BIGINT NOT NULL,
  updated_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX notifications_by_dedupe ON notifications (tenant_id, dedupe_key)
  WHERE dedupe_key IS NOT NULL;
CREATE INDEX notifications_by_user ON notifications (tenant_id, user_id, id);
CREATE INDEX notifications_by_age ON notifications (created_at);
SELECT ashlar_isolate('notifications');
CREATE TABLE notifications_deliveries (
  id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id       BIGINT NOT NULL,
  notification_id BIGINT NOT NULL,
  channel         BIGINT NOT NULL,
  user_id         TEXT COLLATE "C" NOT NULL DEFAULT '',
  category        TEXT COLLATE "C" NOT NULL DEFAULT '',
  address         TEXT    NOT NULL,
  extra           TEXT    NOT NULL DEFAULT '',
  device          TEXT    NOT NULL DEFAULT '',
  state           BIGINT NOT NULL DEFAULT 0,
  reason          TEXT    NOT NULL DEFAULT '',
  detail          TEXT    NOT NULL DEFAULT '',
  attempts        BIGINT NOT NULL DEFAULT 0,
  dead            BIGINT NOT NULL DEFAULT 0,
  replay_of       BIGINT NOT NULL DEFAULT 0,
  provider_id     BIGINT NOT NULL DEFAULT 0,
  provider_ref    TEXT COLLATE "C" NOT NULL DEFAULT '',
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL,
  counted_at      BIGINT NOT NULL DEFAULT 0,
  next_at         BIGINT,
  sent_at         BIGINT
);
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
SELECT ashlar_isolate('notifications_deliveries');
CREATE TABLE notifications_attempts (
  delivery_id   BIGINT NOT NULL,
  number        BIGINT NOT NULL,
  tenant_id     BIGINT NOT NULL,
  at            BIGINT NOT NULL,
  took_us       BIGINT NOT NULL,
  provider      TEXT    NOT NULL,
  verdict       BIGINT NOT NULL,
  status        BIGINT NOT NULL,
  code          TEXT    NOT NULL,
  detail        TEXT    NOT NULL,
  after_unknown BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (delivery_id, number)
);
SELECT ashlar_isolate('notifications_attempts');

-- What providers told afterwards, each once.
CREATE TABLE notifications_reports (
  delivery_id BIGINT NOT NULL,
  dedupe      TEXT COLLATE "C" NOT NULL,
  tenant_id   BIGINT NOT NULL,
  kind        TEXT    NOT NULL,
  detail      TEXT    NOT NULL,
  at          BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (delivery_id, dedupe)
);
SELECT ashlar_isolate('notifications_reports');

-- What a channel without a provider would have sent: for development.
CREATE TABLE notifications_caught (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id   BIGINT NOT NULL,
  delivery_id BIGINT NOT NULL,
  channel     BIGINT NOT NULL,
  address     TEXT    NOT NULL,
  subject     TEXT    NOT NULL,
  text        TEXT    NOT NULL,
  html        TEXT    NOT NULL,
  url         TEXT    NOT NULL,
  at          BIGINT NOT NULL
);
CREATE INDEX notifications_caught_by_tenant ON notifications_caught (tenant_id, id);
SELECT ashlar_isolate('notifications_caught');

-- Notifications that are gathered until due_at and then go out as one.
CREATE TABLE notifications_digests (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id  BIGINT NOT NULL,
  user_id    TEXT COLLATE "C" NOT NULL,
  digest_key TEXT COLLATE "C" NOT NULL,
  due_at     BIGINT NOT NULL,
  open       BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX notifications_digests_open
  ON notifications_digests (tenant_id, user_id, digest_key) WHERE open = 1;
SELECT ashlar_isolate('notifications_digests');
CREATE TABLE notifications_digest_items (
  digest_id       BIGINT NOT NULL,
  notification_id BIGINT NOT NULL,
  tenant_id       BIGINT NOT NULL,
  PRIMARY KEY (digest_id, notification_id)
);
SELECT ashlar_isolate('notifications_digest_items');

-- What lies in the apps' inboxes. An entry is there until it is archived and old.
CREATE TABLE notifications_inbox (
  id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id       BIGINT NOT NULL,
  user_id         TEXT COLLATE "C" NOT NULL,
  notification_id BIGINT NOT NULL,
  delivery_id     BIGINT NOT NULL,
  category        TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  body            TEXT    NOT NULL,
  url             TEXT    NOT NULL,
  data            TEXT    NOT NULL,
  created_at      BIGINT NOT NULL,
  read_at         BIGINT,
  archived_at     BIGINT
);
CREATE INDEX notifications_inbox_by_user ON notifications_inbox (tenant_id, user_id, id);
CREATE INDEX notifications_inbox_unread ON notifications_inbox (tenant_id, user_id)
  WHERE read_at IS NULL AND archived_at IS NULL;
-- A delivery that is sent again lies there once.
CREATE UNIQUE INDEX notifications_inbox_by_delivery ON notifications_inbox (delivery_id);
CREATE INDEX notifications_inbox_by_age ON notifications_inbox (created_at);
SELECT ashlar_isolate('notifications_inbox');
