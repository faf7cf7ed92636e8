-- What keeps links from doing harm: hosts that may not be targets, what visitors report, and what the operator decides.

-- A host, or "*.host" for it and everything below it.
CREATE TABLE links_denials (
  tenant_id  INTEGER NOT NULL,
  host       TEXT    NOT NULL,
  note       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, host)
) STRICT, WITHOUT ROWID;

-- The same for everybody's links.
CREATE TABLE links_operator_denials (
  host       TEXT    NOT NULL PRIMARY KEY,
  note       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the operator has found harmless though a list has it: the URL, as the SHA-256 of its canonical form, and the list's entry.
CREATE TABLE links_clearances (
  url        TEXT    NOT NULL,
  entry      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (url, entry)
) STRICT, WITHOUT ROWID;

-- One row for each link that was ever somebody's concern. status: 0 open, 1 flagged, 2 cleared, 3 lapsed.
CREATE TABLE links_reviews (
  link_id         INTEGER PRIMARY KEY,
  tenant_id       INTEGER NOT NULL,
  status          INTEGER NOT NULL,
  opened_at       INTEGER NOT NULL,
  opened_for      TEXT    NOT NULL,  -- signs, reports, list, denied, operator, appeal
  reports         INTEGER NOT NULL DEFAULT 0,
  reports_decided INTEGER NOT NULL DEFAULT 0,  -- of those, so many were there at the last decision
  appealed_at     INTEGER,
  appeal          TEXT,
  decided_at      INTEGER,
  note            TEXT,
  entries         TEXT               -- JSON: what lists held of it
) STRICT;
CREATE INDEX links_reviews_queue ON links_reviews (status, opened_at, link_id);
CREATE INDEX links_reviews_by_tenant ON links_reviews (tenant_id, link_id);

-- `reporter` is a keyed hash of the address and the day: one person counts once.
CREATE TABLE links_reports (
  tenant_id INTEGER NOT NULL,
  link_id   INTEGER NOT NULL,
  reporter  INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  reason    TEXT    NOT NULL,
  comment   TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, link_id, reporter)
) STRICT, WITHOUT ROWID;

-- How far the round has come that looks at every link again.
CREATE TABLE links_recheck (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  after_id INTEGER NOT NULL,
  began_at INTEGER NOT NULL
) STRICT;
INSERT INTO links_recheck (one, after_id, began_at) VALUES (1, 0, 0);
