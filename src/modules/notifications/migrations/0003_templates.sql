-- Notifications: what messages say. A version never changes, and its number is never used again,
-- also where the template was deleted meanwhile: notifications name the version that they were
-- accepted with.

CREATE TABLE notifications_templates (
  tenant_id      INTEGER NOT NULL,
  key            TEXT    NOT NULL,
  description    TEXT,
  live_version   INTEGER NOT NULL,           -- 0: none
  latest_version INTEGER NOT NULL,
  revision       INTEGER NOT NULL DEFAULT 1, -- for the entity tag: each change
  deleted_at     INTEGER,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_templates_deleted
  ON notifications_templates (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE notifications_template_versions (
  tenant_id    INTEGER NOT NULL,
  template_key TEXT    NOT NULL,
  version      INTEGER NOT NULL,
  content      TEXT    NOT NULL,             -- JSON: default_locale, fields, locales
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, template_key, version)
) STRICT;
