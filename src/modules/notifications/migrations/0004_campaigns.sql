-- Campaigns: one message for many. No row for each recipient: chunks of at most 500, in the order of
-- their keys. campaigns/campaign.h has the states, campaigns/campaign_outcomes.h the bit planes.

CREATE TABLE notifications_campaigns (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id        INTEGER NOT NULL,
  name             TEXT    NOT NULL,
  state            INTEGER NOT NULL,
  channel          INTEGER,                      -- NULL: each by the first that reaches them
  category         TEXT    NOT NULL DEFAULT '',
  template_key     TEXT    NOT NULL DEFAULT '',
  template_version INTEGER NOT NULL DEFAULT 0,
  content          TEXT    NOT NULL DEFAULT '',
  data             TEXT    NOT NULL DEFAULT '',
  variants         TEXT    NOT NULL DEFAULT '',  -- JSON; '': none
  audience_kind    INTEGER NOT NULL,
  audience_key     TEXT    NOT NULL DEFAULT '',
  topic_id         INTEGER NOT NULL DEFAULT 0,
  segment_where    TEXT    NOT NULL DEFAULT '',
  uploaded         INTEGER NOT NULL DEFAULT 0,
  duplicates       INTEGER NOT NULL DEFAULT 0,
  dedupe_key       TEXT,
  send_at          INTEGER,
  expires_at       INTEGER,
  pace_per_s       INTEGER NOT NULL DEFAULT 0,
  paced_until      INTEGER NOT NULL DEFAULT 0,   -- until when what may go at that pace has been given out
  stop_percent     INTEGER NOT NULL DEFAULT 0,
  stop_after       INTEGER NOT NULL DEFAULT 0,
  planned          INTEGER NOT NULL DEFAULT 0,
  plan_cursor      TEXT    NOT NULL DEFAULT '',
  audience         INTEGER NOT NULL DEFAULT 0,
  chunks           INTEGER NOT NULL DEFAULT 0,
  stopped_reason   TEXT    NOT NULL DEFAULT '',
  seen_ended       INTEGER NOT NULL DEFAULT 0,
  seen_failed      INTEGER NOT NULL DEFAULT 0,
  traceparent      TEXT    NOT NULL DEFAULT '',
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  started_at       INTEGER,
  finished_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX notifications_campaigns_by_dedupe
  ON notifications_campaigns (tenant_id, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX notifications_campaigns_by_tenant ON notifications_campaigns (tenant_id, id);
CREATE INDEX notifications_campaigns_by_age ON notifications_campaigns (finished_at)
  WHERE finished_at IS NOT NULL;

-- What was uploaded, until planning has merged it into chunks: each upload sorted by key, in parts.
CREATE TABLE notifications_campaign_uploads (
  campaign_id INTEGER NOT NULL,
  upload      INTEGER NOT NULL,
  last_key    TEXT    NOT NULL,
  tenant_id   INTEGER NOT NULL,
  members     BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX notifications_campaign_uploads_by_key
  ON notifications_campaign_uploads (campaign_id, upload, last_key);

-- How far a chunk is, small, since all of a campaign's are added up whenever it is looked at.
CREATE TABLE notifications_campaign_chunks (
  campaign_id  INTEGER NOT NULL,
  no           INTEGER NOT NULL,
  tenant_id    INTEGER NOT NULL,
  state        INTEGER NOT NULL DEFAULT 0,  -- idle, fed, later, done
  first_key    TEXT    NOT NULL,
  members      INTEGER NOT NULL,
  sent         INTEGER NOT NULL DEFAULT 0,
  skipped      INTEGER NOT NULL DEFAULT 0,
  failed       INTEGER NOT NULL DEFAULT 0,
  unknown      INTEGER NOT NULL DEFAULT 0,
  repeated     INTEGER NOT NULL DEFAULT 0,
  delivered    INTEGER NOT NULL DEFAULT 0,
  opened       INTEGER NOT NULL DEFAULT 0,
  bounced      INTEGER NOT NULL DEFAULT 0,
  retry        INTEGER NOT NULL DEFAULT 0,  -- failed ones go again when it is taken: certain, all
  feed         INTEGER NOT NULL DEFAULT 0,  -- which feeding's job works it
  fence        INTEGER NOT NULL DEFAULT 0,  -- which taking's worker may write
  next_at      INTEGER,
  tally        TEXT    NOT NULL DEFAULT '',  -- JSON: reasons, variants
  report_tally TEXT    NOT NULL DEFAULT '',  -- JSON: variants' reports
  PRIMARY KEY (campaign_id, no)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_campaign_chunks_by_state
  ON notifications_campaign_chunks (campaign_id, state, no);
CREATE INDEX notifications_campaign_chunks_by_key
  ON notifications_campaign_chunks (campaign_id, first_key);

-- Who is in it: written once.
CREATE TABLE notifications_campaign_members (
  campaign_id INTEGER NOT NULL,
  no          INTEGER NOT NULL,
  tenant_id   INTEGER NOT NULL,
  members     BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX notifications_campaign_members_by_chunk
  ON notifications_campaign_members (campaign_id, no);

-- What became of them, from the chunk's first window on.
CREATE TABLE notifications_campaign_outcomes (
  campaign_id INTEGER NOT NULL,
  no          INTEGER NOT NULL,
  tenant_id   INTEGER NOT NULL,
  outcomes    BLOB,
  reports     BLOB
) STRICT;
CREATE UNIQUE INDEX notifications_campaign_outcomes_by_chunk
  ON notifications_campaign_outcomes (campaign_id, no);

-- Whose a provider's reference is, where its callbacks name nothing else (SMS).
CREATE TABLE notifications_campaign_refs (
  tenant_id    INTEGER NOT NULL,
  provider_id  INTEGER NOT NULL,
  provider_ref TEXT    NOT NULL,
  campaign_id  INTEGER NOT NULL,
  no           INTEGER NOT NULL,
  member       INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, provider_id, provider_ref)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_campaign_refs_by_campaign ON notifications_campaign_refs (campaign_id);

-- When a campaign went to a user: only where its category has a cap, which counts it.
CREATE TABLE notifications_campaign_marks (
  tenant_id   INTEGER NOT NULL,
  user_id     TEXT    NOT NULL,
  category    TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  campaign_id INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id, category, at, campaign_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_campaign_marks_by_campaign ON notifications_campaign_marks (campaign_id);
