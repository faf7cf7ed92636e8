-- Sagas (platform/sagas/saga.h), their timelines, the log of those who take part in others' (participant.h), correlated
-- events (choreography.h), decisions of two-phase commits (platform/twophase). Times are microseconds since 1970.

-- state: running, compensating, parked, completed, compensated. step: under way or parked at, '' when ended.
-- version: of the last row of the timeline. command: the number of the one command (a job) that counts.
CREATE TABLE sagas (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  correlation TEXT NOT NULL,
  state TEXT NOT NULL,
  backward BIGINT NOT NULL,
  step TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  skipped TEXT NOT NULL,
  version BIGINT NOT NULL,
  command BIGINT NOT NULL,
  data TEXT NOT NULL,
  error TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  timer_job BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  next_at BIGINT,
  deadline BIGINT,
  ended_at BIGINT,
  UNIQUE (tenant_id, kind, correlation)
) WITH (fillfactor = 70);
CREATE INDEX sagas_parked ON sagas (kind) WHERE state = 'parked';
CREATE INDEX sagas_by_end ON sagas (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX sagas_by_tenant ON sagas (tenant_id, id);
CREATE INDEX sagas_live ON sagas (tenant_id, id) WHERE ended_at IS NULL;
SELECT ashlar_isolate('sagas');

CREATE TABLE saga_moves (
  saga_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  event TEXT NOT NULL,
  step TEXT NOT NULL,
  backward BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  state TEXT NOT NULL,
  error TEXT NOT NULL,
  next_at BIGINT,
  PRIMARY KEY (saga_id, version)
);
SELECT ashlar_isolate('saga_moves');

-- state: done; undone (also of an action that never came: its tombstone).
CREATE TABLE saga_participants (
  tenant_id BIGINT NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL,
  answer TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX saga_participants_by_age ON saga_participants (at);
SELECT ashlar_isolate('saga_participants');

-- state: early (an answer came before the question), open, complete, timed_out.
CREATE TABLE correlations (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  correlation TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at BIGINT,
  deadline BIGINT,
  ended_at BIGINT,
  timer_job BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  UNIQUE (tenant_id, kind, correlation)
);
CREATE INDEX correlations_by_end ON correlations (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX correlations_by_name ON correlations (tenant_id, correlation);
SELECT ashlar_isolate('correlations');

CREATE TABLE correlation_answers (
  correlation_id BIGINT NOT NULL,
  party TEXT NOT NULL,
  tenant_id BIGINT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  at BIGINT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (correlation_id, party)
);
SELECT ashlar_isolate('correlation_answers');

-- outcome: commit; abort only where recovery found a prepared transaction that nobody had decided.
CREATE TABLE twophase_decisions (
  gid TEXT NOT NULL PRIMARY KEY,
  coordinator TEXT NOT NULL,
  outcome TEXT NOT NULL,
  branches TEXT NOT NULL,
  decided_at BIGINT NOT NULL
);
CREATE INDEX twophase_decisions_by_age ON twophase_decisions (coordinator, decided_at);
SELECT ashlar_platform_only('twophase_decisions');
