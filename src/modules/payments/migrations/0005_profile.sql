-- The card-API profile: whom it tells of events. The events themselves follow from payment_events.

CREATE TABLE payment_profile_endpoints (
  tenant_id   INTEGER NOT NULL,
  id          TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  url         TEXT    NOT NULL,
  description TEXT    NOT NULL,
  events      TEXT    NOT NULL,  -- JSON array of types
  metadata    TEXT    NOT NULL,  -- JSON array of pairs
  disabled    INTEGER NOT NULL,
  live        INTEGER NOT NULL,
  secret      BLOB    NOT NULL,  -- sealed
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
