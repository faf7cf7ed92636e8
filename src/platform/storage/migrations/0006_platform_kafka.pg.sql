-- What is consumed from Kafka and handed to it (docs/kafka.md). Times are microseconds since 1970.

-- Where a consumer stands in each partition: it moves in the transaction of the effects. epoch fences an earlier owner.
CREATE TABLE kafka_positions (
  consumer TEXT NOT NULL,
  topic TEXT NOT NULL,
  partition BIGINT NOT NULL,
  next_offset BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  owner TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);
SELECT ashlar_platform_only('kafka_positions');

-- Records whose effect failed, with what they held: waiting (state 0), in order of id within a record_key, or dead letters (1).
-- Only the first of a key has a time at which it is due; those behind it wait for ever, until it goes.
CREATE TABLE kafka_parked (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  consumer TEXT NOT NULL,
  topic TEXT NOT NULL,
  partition BIGINT NOT NULL,
  record_offset BIGINT NOT NULL,
  record_key BYTEA NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  aggregatetype TEXT NOT NULL,
  aggregateid TEXT NOT NULL,
  payload BYTEA NOT NULL,
  traceparent TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  state BIGINT NOT NULL,
  error TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX kafka_parked_keys ON kafka_parked (consumer, topic, partition, record_key, id) WHERE state = 0;
CREATE INDEX kafka_parked_due ON kafka_parked (consumer, topic, partition, next_at) WHERE state = 0;
CREATE INDEX kafka_parked_dead ON kafka_parked (consumer, id) WHERE state = 1;
CREATE INDEX kafka_parked_by_tenant ON kafka_parked (tenant_id);
SELECT ashlar_isolate('kafka_parked');

-- As which source this database writes to a shard of Kafka: two databases of one name are told apart.
CREATE TABLE kafka_sources (
  shard TEXT NOT NULL PRIMARY KEY,
  source_id TEXT NOT NULL
);
SELECT ashlar_platform_only('kafka_sources');

-- Events that Kafka would not take, whatever is tried.
CREATE TABLE kafka_refused (
  shard TEXT NOT NULL,
  seq BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  aggregatetype TEXT NOT NULL,
  aggregateid TEXT NOT NULL,
  payload TEXT NOT NULL,
  error TEXT NOT NULL,
  refused_at BIGINT NOT NULL,
  PRIMARY KEY (shard, seq)
);
CREATE INDEX kafka_refused_by_tenant ON kafka_refused (tenant_id);
SELECT ashlar_isolate('kafka_refused');
