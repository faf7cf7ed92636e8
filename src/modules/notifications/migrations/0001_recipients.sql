-- Notifications: who can be told, where, what they want to be told, and who carries it.

-- Kept in the order of the users, for campaigns read them so. Addresses are normalised
-- (recipient.h): what bounces, complains and unsubscribes is looked for by equality.
CREATE TABLE notifications_recipients (
  tenant_id   INTEGER NOT NULL,
  user_id     TEXT    NOT NULL,
  email       TEXT,
  phone       TEXT,
  name        TEXT,
  locale      TEXT,
  time_zone   TEXT,
  quiet_hours TEXT,                        -- JSON as given; NULL: none
  preferences TEXT,                        -- JSON as given; NULL: no choice made
  attributes  TEXT    NOT NULL DEFAULT '{}',  -- JSON; numbers in one form, so that equal ones are equal texts
  version     INTEGER NOT NULL DEFAULT 1,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_recipients_by_email
  ON notifications_recipients (tenant_id, email) WHERE email IS NOT NULL;
CREATE INDEX notifications_recipients_by_phone
  ON notifications_recipients (tenant_id, phone) WHERE phone IS NOT NULL;

-- A token belongs to one user at a time. AUTOINCREMENT: what is known of a device that is gone must
-- not be taken for another's.
CREATE TABLE notifications_devices (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id     INTEGER NOT NULL,
  user_id       TEXT    NOT NULL,
  platform      INTEGER NOT NULL,           -- Platform: 0 apns, 1 fcm, 2 webpush
  app           TEXT    NOT NULL,           -- may be empty
  token         TEXT    NOT NULL,           -- web push: the endpoint
  token_hash    TEXT    NOT NULL,           -- for the index: endpoints are long
  keys          TEXT    NOT NULL DEFAULT '',  -- web push: {"p256dh","auth"}
  state         INTEGER NOT NULL DEFAULT 0,  -- 0 active, 1 quarantined
  reason        TEXT,                       -- why it is quarantined
  registered_at INTEGER NOT NULL,           -- the last time that the app gave it
  created_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX notifications_devices_by_token
  ON notifications_devices (tenant_id, platform, app, token_hash);
CREATE INDEX notifications_devices_by_user ON notifications_devices (tenant_id, user_id, id);

CREATE TABLE notifications_topics (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id  INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER                        -- its members are cleared away in small steps, then it
) STRICT;
CREATE UNIQUE INDEX notifications_topics_by_name
  ON notifications_topics (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX notifications_topics_deleted
  ON notifications_topics (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE notifications_topic_members (
  topic_id  INTEGER NOT NULL,
  user_id   TEXT    NOT NULL,
  tenant_id INTEGER NOT NULL,
  added_at  INTEGER NOT NULL,
  PRIMARY KEY (topic_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_topic_members_by_user
  ON notifications_topic_members (tenant_id, user_id, topic_id);

CREATE TABLE notifications_segments (
  tenant_id   INTEGER NOT NULL,
  name        TEXT    NOT NULL,
  description TEXT,
  conditions  TEXT    NOT NULL,             -- JSON, the member `where` as given
  version     INTEGER NOT NULL DEFAULT 1,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

-- Addresses to which nothing goes; with a category: nothing of that category.
CREATE TABLE notifications_suppressions (
  tenant_id  INTEGER NOT NULL,
  channel    INTEGER NOT NULL,              -- Channel
  address    TEXT    NOT NULL,
  category   TEXT    NOT NULL DEFAULT '',
  reason     TEXT    NOT NULL,              -- hard_bounce, complaint, stop, unsubscribe, manual
  source     TEXT    NOT NULL,              -- who said so: api, page, a provider's name
  detail     TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, channel, address, category)
) STRICT, WITHOUT ROWID;

-- What one may choose to get, and what holds for all of a kind.
CREATE TABLE notifications_categories (
  tenant_id   INTEGER NOT NULL,
  name        TEXT    NOT NULL,
  title       TEXT    NOT NULL,
  description TEXT,
  critical    INTEGER NOT NULL DEFAULT 0,   -- goes whatever a recipient prefers
  settings    TEXT    NOT NULL,             -- JSON: channels, caps, send_window, digest
  version     INTEGER NOT NULL DEFAULT 1,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications_providers (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id      INTEGER NOT NULL,
  channel        INTEGER NOT NULL,          -- Channel
  type           TEXT    NOT NULL,          -- of ProviderKind
  name           TEXT    NOT NULL,
  settings       BLOB    NOT NULL,          -- JSON, sealed for this id
  project        TEXT    NOT NULL DEFAULT '',  -- providers of one project share its pace
  weight         INTEGER NOT NULL,
  priority       INTEGER NOT NULL,
  enabled        INTEGER NOT NULL,
  pace_per_s     REAL,
  max_running    INTEGER NOT NULL,
  callback_token TEXT    NOT NULL,
  version        INTEGER NOT NULL DEFAULT 1,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX notifications_providers_by_name ON notifications_providers (tenant_id, name);
