-- Campaigns: one message for many. No row for each recipient: chunks of at most 500, in the order of
-- their keys. campaigns/campaign.h has the states, campaigns/campaign_outcomes.h the bit planes.

CREATE TABLE notifications_campaigns (
  id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id        BIGINT NOT NULL,
  name             TEXT    NOT NULL,
  state            BIGINT NOT NULL,
  channel          BIGINT,                      -- NULL: each by the first that reaches them
  category         TEXT COLLATE "C" NOT NULL DEFAULT '',
  template_key     TEXT    NOT NULL DEFAULT '',
  template_version BIGINT NOT NULL DEFAULT 0,
  content          TEXT    NOT NULL DEFAULT '',
  data             TEXT    NOT NULL DEFAULT '',
  variants         TEXT    NOT NULL DEFAULT '',  -- JSON; '': none
  audience_kind    BIGINT NOT NULL,
  audience_key     TEXT COLLATE "C" NOT NULL DEFAULT '',
  topic_id         BIGINT NOT NULL DEFAULT 0,
  segment_where    TEXT    NOT NULL DEFAULT '',
  uploaded         BIGINT NOT NULL DEFAULT 0,
  duplicates       BIGINT NOT NULL DEFAULT 0,
  dedupe_key       TEXT,
  send_at          BIGINT,
  expires_at       BIGINT,
  pace_per_s       BIGINT NOT NULL DEFAULT 0,
  paced_until      BIGINT NOT NULL DEFAULT 0,   -- until when what may go at that pace has been given out
  stop_percent     BIGINT NOT NULL DEFAULT 0,
  stop_after       BIGINT NOT NULL DEFAULT 0,
  planned          BIGINT NOT NULL DEFAULT 0,
  plan_cursor      TEXT COLLATE "C" NOT NULL DEFAULT '',
  audience         BIGINT NOT NULL DEFAULT 0,
  chunks           BIGINT NOT NULL DEFAULT 0,
  stopped_reason   TEXT    NOT NULL DEFAULT '',
  seen_ended       BIGINT NOT NULL DEFAULT 0,
  seen_failed      BIGINT NOT NULL DEFAULT 0,
  traceparent      TEXT    NOT NULL DEFAULT '',
  created_at       BIGINT NOT NULL,
  updated_at       BIGINT NOT NULL,
  started_at       BIGINT,
  finished_at      BIGINT
);
CREATE UNIQUE INDEX notifications_campaigns_by_dedupe
  ON notifications_campaigns (tenant_id, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX notifications_campaigns_by_tenant ON notifications_campaigns (tenant_id, id);
CREATE INDEX notifications_campaigns_by_age ON notifications_campaigns (finished_at)
  WHERE finished_at IS NOT NULL;
SELECT ashlar_isolate('notifications_campaigns');

-- What was uploaded, until planning has merged it into chunks: each upload sorted by key, in parts.
CREATE TABLE notifications_campaign_uploads (
  campaign_id BIGINT NOT NULL,
  upload      BIGINT NOT NULL,
  last_key    TEXT COLLATE "C" NOT NULL,
  tenant_id   BIGINT NOT NULL,
  members     BYTEA    NOT NULL
);
CREATE UNIQUE INDEX notifications_campaign_uploads_by_key
  ON notifications_campaign_uploads (campaign_id, upload, last_key);
SELECT ashlar_isolate('notifications_campaign_uploads');

-- How far a chunk is, small, since all of a campaign's are added up whenever it is looked at.
CREATE TABLE notifications_campaign_chunks (
  campaign_id  BIGINT NOT NULL,
  no           BIGINT NOT NULL,
  tenant_id    BIGINT NOT NULL,
  state        BIGINT NOT NULL DEFAULT 0,  -- idle, fed, later, done
  first_key    TEXT COLLATE "C" NOT NULL,
  members      BIGINT NOT NULL,
  sent         BIGINT NOT NULL DEFAULT 0,
  skipped      BIGINT NOT NULL DEFAULT 0,
  failed       BIGINT NOT NULL DEFAULT 0,
  unknown      BIGINT NOT NULL DEFAULT 0,
  repeated     BIGINT NOT NULL DEFAULT 0,
  delivered    BIGINT NOT NULL DEFAULT 0,
  opened       BIGINT NOT NULL DEFAULT 0,
  bounced      BIGINT NOT NULL DEFAULT 0,
  retry        BIGINT NOT NULL DEFAULT 0,  -- failed ones go again when it is taken: certain, all
  feed         BIGINT NOT NULL DEFAULT 0,  -- which feeding's job works it
  fence        BIGINT NOT NULL DEFAULT 0,  -- which taking's worker may write
  next_at      BIGINT,
  tally        TEXT    NOT NULL DEFAULT '',  -- JSON: reasons, variants
  report_tally TEXT    NOT NULL DEFAULT '',  -- JSON: variants' reports
  PRIMARY KEY (campaign_id, no)
);
CREATE INDEX notifications_campaign_chunks_by_state
  ON notifications_campaign_chunks (campaign_id, state, no);
CREATE INDEX notifications_campaign_chunks_by_key
  ON notifications_campaign_chunks (campaign_id, first_key);
SELECT ashlar_isolate('notifications_campaign_chunks');

-- Who is in it: written once.
CREATE TABLE notifications_campaign_members (
  campaign_id BIGINT NOT NULL,
  no          BIGINT NOT NULL,
  tenant_id   BIGINT NOT NULL,
  members     BYTEA    NOT NULL
);
CREATE UNIQUE INDEX notifications_campaign_members_by_chunk
  ON notifications_campaign_members (campaign_id, no);
SELECT ashlar_isolate('notifications_campaign_members');

-- What became of them, from the chunk's first window on.
CREATE TABLE notifications_campaign_outcomes (
  campaign_id BIGINT NOT NULL,
  no          BIGINT NOT NULL,
  tenant_id   BIGINT NOT NULL,
  outcomes    BYTEA,
  reports     BYTEA
);
CREATE UNIQUE INDEX notifications_campaign_outcomes_by_chunk
  ON notifications_campaign_outcomes (campaign_id, no);
SELECT ashlar_isolate('notifications_campaign_outcomes');

-- Whose a provider's reference is, where its callbacks name nothing else (SMS).
CREATE TABLE notifications_campaign_refs (
  tenant_id    BIGINT NOT NULL,
  provider_id  BIGINT NOT NULL,
  provider_ref TEXT COLLATE "C" NOT NULL,
  campaign_id  BIGINT NOT NULL,
  no           BIGINT NOT NULL,
  member       BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, provider_id, provider_ref)
);
CREATE INDEX notifications_campaign_refs_by_campaign ON notifications_campaign_refs (campaign_id);
SELECT ashlar_isolate('notifications_campaign_refs');

-- When a campaign went to a user: only where its category has a cap, which counts it.
CREATE TABLE notifications_campaign_marks (
  tenant_id   BIGINT NOT NULL,
  user_id     TEXT COLLATE "C" NOT NULL,
  category    TEXT COLLATE "C" NOT NULL,
  at          BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id, category, at, campaign_id)
);
CREATE INDEX notifications_campaign_marks_by_campaign ON notifications_campaign_marks (campaign_id);
SELECT ashlar_isolate('notifications_campaign_marks');
