-- Notifications' templates; see 0003_templates.sql for what each table is.

CREATE TABLE notifications_templates (
  tenant_id BIGINT NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  description TEXT,
  live_version BIGINT NOT NULL,
  latest_version BIGINT NOT NULL,
  revision BIGINT NOT NULL DEFAULT 1,
  deleted_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX notifications_templates_deleted
  ON notifications_templates (deleted_at) WHERE deleted_at IS NOT NULL;
SELECT ashlar_isolate('notifications_templates');

CREATE TABLE notifications_template_versions (
  tenant_id BIGINT NOT NULL,
  template_key TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  content TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, template_key, version)
);
SELECT ashlar_isolate('notifications_template_versions');
