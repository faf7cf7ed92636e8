-- Notifications' recipients; see 0001_recipients.sql for what each table is.

CREATE TABLE notifications_recipients (
  tenant_id BIGINT NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  email TEXT COLLATE "C",
  phone TEXT COLLATE "C",
  name TEXT COLLATE "C",
  locale TEXT,
  time_zone TEXT,
  quiet_hours TEXT,
  preferences TEXT,
  attributes TEXT NOT NULL DEFAULT '{}',
  version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) WITH (fillfactor = 80);
CREATE INDEX notifications_recipients_by_email
  ON notifications_recipients (tenant_id, email) WHERE email IS NOT NULL;
CREATE INDEX notifications_recipients_by_phone
  ON notifications_recipients (tenant_id, phone) WHERE phone IS NOT NULL;
SELECT ashlar_isolate('notifications_recipients');

CREATE TABLE notifications_devices (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  platform BIGINT NOT NULL,
  app TEXT COLLATE "C" NOT NULL,
  token TEXT NOT NULL,
  token_hash TEXT COLLATE "C" NOT NULL,
  keys TEXT NOT NULL DEFAULT '',
  state BIGINT NOT NULL DEFAULT 0,
  reason TEXT,
  registered_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX notifications_devices_by_token
  ON notifications_devices (tenant_id, platform, app, token_hash);
CREATE INDEX notifications_devices_by_user ON notifications_devices (tenant_id, user_id, id);
SELECT ashlar_isolate('notifications_devices');

CREATE TABLE notifications_topics (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE UNIQUE INDEX notifications_topics_by_name
  ON notifications_topics (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX notifications_topics_deleted
  ON notifications_topics (deleted_at) WHERE deleted_at IS NOT NULL;
SELECT ashlar_isolate('notifications_topics');

CREATE TABLE notifications_topic_members (
  topic_id BIGINT NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  tenant_id BIGINT NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (topic_id, user_id)
);
CREATE INDEX notifications_topic_members_by_user
  ON notifications_topic_members (tenant_id, user_id, topic_id);
SELECT ashlar_isolate('notifications_topic_members');

CREATE TABLE notifications_segments (
  tenant_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT,
  conditions TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
SELECT ashlar_isolate('notifications_segments');

CREATE TABLE notifications_suppressions (
  tenant_id BIGINT NOT NULL,
  channel BIGINT NOT NULL,
  address TEXT COLLATE "C" NOT NULL,
  category TEXT COLLATE "C" NOT NULL DEFAULT '',
  reason TEXT NOT NULL,
  source TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, channel, address, category)
);
SELECT ashlar_isolate('notifications_suppressions');

CREATE TABLE notifications_categories (
  tenant_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  title TEXT NOT NULL,
  description TEXT,
  critical BIGINT NOT NULL DEFAULT 0,
  settings TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
SELECT ashlar_isolate('notifications_categories');

CREATE TABLE notifications_providers (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  channel BIGINT NOT NULL,
  type TEXT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  settings BYTEA NOT NULL,
  project TEXT NOT NULL DEFAULT '',
  weight BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  enabled BIGINT NOT NULL,
  pace_per_s DOUBLE PRECISION,
  max_running BIGINT NOT NULL,
  callback_token TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX notifications_providers_by_name ON notifications_providers (tenant_id, name);
SELECT ashlar_isolate('notifications_providers');
