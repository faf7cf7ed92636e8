-- What is consumed from Kafka and handed to it (docs/kafka.md). Times are microseconds since 1970.

-- Where a consumer stands in each partition: it moves in the transaction of the effects. epoch fences an earlier owner.
CREATE TABLE kafka_positions (
  consumer TEXT NOT NULL,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  next_offset INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  owner TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (consumer, topic, partition)
) STRICT, WITHOUT ROWID;

-- Records whose effect failed, with what they held: waiting (state 0), in order of id within a record_key, or dead letters (1).
-- Only the first of a key has a time at which it is due; those behind it wait for ever, until it goes.
CREATE TABLE kafka_parked (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL,
  consumer TEXT NOT NULL,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  record_offset INTEGER NOT NULL,
  record_key BLOB NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  aggregatetype TEXT NOT NULL,
  aggregateid TEXT NOT NULL,
  payload BLOB NOT NULL,
  traceparent TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  error TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX kafka_parked_keys ON kafka_parked (consumer, topic, partition, record_key, id) WHERE state = 0;
CREATE INDEX kafka_parked_due ON kafka_parked (consumer, topic, partition, next_at) WHERE state = 0;
CREATE INDEX kafka_parked_dead ON kafka_parked (consumer, id) WHERE state = 1;
CREATE INDEX kafka_parked_by_tenant ON kafka_parked (tenant_id);

-- As which source this database writes to a shard of Kafka: two databases of one name are told apart.
CREATE TABLE kafka_sources (
  shard TEXT NOT NULL PRIMARY KEY,
  source_id TEXT NOT NULL
) STRICT;

-- Events that Kafka would not take, whatever is tried.
CREATE TABLE kafka_refused (
  shard TEXT NOT NULL,
  seq INTEGER NOT NULL,
  tenant_id INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  aggregatetype TEXT NOT NULL,
  aggregateid TEXT NOT NULL,
  payload TEXT NOT NULL,
  error TEXT NOT NULL,
  refused_at INTEGER NOT NULL,
  PRIMARY KEY (shard, seq)
) STRICT;
CREATE INDEX kafka_refused_by_tenant ON kafka_refused (tenant_id);
