// The handles of storage's metrics, made once for each Database.
#pragma once

namespace ashlar::obs {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::storage {

struct StorageMetrics {
  explicit StorageMetrics(obs::Registry& registry);

  obs::Gauge& queue_depth;  // write transactions that wait (SQLite: for the writer; PostgreSQL: for
                            // a connection)
  obs::Histogram& batch_size;      // transactions of one commit (PostgreSQL: always one)
  obs::Histogram& commit_seconds;  // of COMMIT alone
  obs::Histogram& pool_wait_seconds;
  obs::Counter& retries;  // functions that ran again
  obs::Counter& refused;  // storage_busy and storage_deadline before the function ran
  obs::Gauge& wal_bytes;  // SQLite only
};

}  // namespace ashlar::storage
