-- Sagas (platform/sagas/saga.h), their timelines, the log of those who take part in others' (participant.h), correlated
-- events (choreography.h), decisions of two-phase commits (platform/twophase). Times are microseconds since 1970.

-- state: running, compensating, parked, completed, compensated. step: under way or parked at, '' when ended.
-- version: of the last row of the timeline. command: the number of the one command (a job) that counts.
CREATE TABLE sagas (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  correlation TEXT NOT NULL,
  state TEXT NOT NULL,
  backward INTEGER NOT NULL,
  step TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  skipped TEXT NOT NULL,
  version INTEGER NOT NULL,
  command INTEGER NOT NULL,
  data TEXT NOT NULL,
  error TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  timer_job INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  next_at INTEGER,
  deadline INTEGER,
  ended_at INTEGER,
  UNIQUE (tenant_id, kind, correlation)
) STRICT;
CREATE INDEX sagas_parked ON sagas (kind) WHERE state = 'parked';
CREATE INDEX sagas_by_end ON sagas (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX sagas_by_tenant ON sagas (tenant_id, id);
CREATE INDEX sagas_live ON sagas (tenant_id, id) WHERE ended_at IS NULL;

CREATE TABLE saga_moves (
  saga_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  tenant_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  step TEXT NOT NULL,
  backward INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  error TEXT NOT NULL,
  next_at INTEGER,
  PRIMARY KEY (saga_id, version)
) STRICT, WITHOUT ROWID;

-- state: done; undone (also of an action that never came: its tombstone).
CREATE TABLE saga_participants (
  tenant_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL,
  answer TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX saga_participants_by_age ON saga_participants (at);

-- state: early (an answer came before the question), open, complete, timed_out.
CREATE TABLE correlations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  correlation TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at INTEGER,
  deadline INTEGER,
  ended_at INTEGER,
  timer_job INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  UNIQUE (tenant_id, kind, correlation)
) STRICT;
CREATE INDEX correlations_by_end ON correlations (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX correlations_by_name ON correlations (tenant_id, correlation);

CREATE TABLE correlation_answers (
  correlation_id INTEGER NOT NULL,
  party TEXT NOT NULL,
  tenant_id INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (correlation_id, party)
) STRICT, WITHOUT ROWID;

-- outcome: commit; abort only where recovery found a prepared transaction that nobody had decided.
CREATE TABLE twophase_decisions (
  gid TEXT NOT NULL PRIMARY KEY,
  coordinator TEXT NOT NULL,
  outcome TEXT NOT NULL,
  branches TEXT NOT NULL,
  decided_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX twophase_decisions_by_age ON twophase_decisions (coordinator, decided_at);
