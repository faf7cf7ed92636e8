-- What keeps links from doing harm; see 0005_links_abuse.sql for what each table is.

CREATE TABLE links_denials (
  tenant_id  BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  host       TEXT   COLLATE "C" NOT NULL,
  note       TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, host)
);
SELECT ashlar_isolate('links_denials');

CREATE TABLE links_operator_denials (
  created_at BIGINT NOT NULL,
  host       TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
  note       TEXT   NOT NULL
);
SELECT ashlar_platform_only('links_operator_denials');
-- They are held against everybody's links.
GRANT SELECT (host) ON links_operator_denials TO ashlar_app;

CREATE TABLE links_clearances (
  created_at BIGINT NOT NULL,
  url        TEXT   COLLATE "C" NOT NULL,
  entry      TEXT   COLLATE "C" NOT NULL,
  PRIMARY KEY (url, entry)
);
SELECT ashlar_platform_only('links_clearances');
GRANT SELECT (url, entry) ON links_clearances TO ashlar_app;

CREATE TABLE links_reviews (
  link_id         BIGINT PRIMARY KEY,
  tenant_id       BIGINT NOT NULL,
  status          BIGINT NOT NULL,
  opened_at       BIGINT NOT NULL,
  reports         BIGINT NOT NULL DEFAULT 0,
  reports_decided BIGINT NOT NULL DEFAULT 0,
  appealed_at     BIGINT,
  decided_at      BIGINT,
  opened_for      TEXT   NOT NULL,
  appeal          TEXT,
  note            TEXT,
  entries         TEXT
);
CREATE INDEX links_reviews_queue ON links_reviews (status, opened_at, link_id);
CREATE INDEX links_reviews_by_tenant ON links_reviews (tenant_id, link_id);
SELECT ashlar_isolate('links_reviews');

CREATE TABLE links_reports (
  tenant_id BIGINT NOT NULL,
  link_id   BIGINT NOT NULL,
  reporter  BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  reason    TEXT   NOT NULL,
  comment   TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, link_id, reporter)
);
SELECT ashlar_isolate('links_reports');

CREATE TABLE links_recheck (
  one      BIGINT PRIMARY KEY CHECK (one = 1),
  after_id BIGINT NOT NULL,
  began_at BIGINT NOT NULL
);
INSERT INTO links_recheck (one, after_id, began_at) VALUES (1, 0, 0);
SELECT ashlar_platform_only('links_recheck');
