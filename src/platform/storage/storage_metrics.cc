#include "platform/storage/storage_metrics.h"

#include "platform/observability/metrics.h"

namespace ashlar::storage {

StorageMetrics::StorageMetrics(obs::Registry& registry)
    : queue_depth(
          registry.make_gauge("ashlar_storage_queue_depth", "Transactions waiting to be run.")),
      batch_size(registry.make_histogram("ashlar_storage_commit_batch_size",
                                         "Transactions made durable by one commit.",
                                         obs::power_of_two_buckets())),
      commit_seconds(registry.make_histogram("ashlar_storage_commit_duration_seconds",
                                             "Time of a commit, the wait for the disk included.",
                                             obs::latency_buckets_s())),
      pool_wait_seconds(registry.make_histogram("ashlar_storage_pool_wait_seconds",
                                                "Time a transaction waited for a connection.",
                                                obs::latency_buckets_s())),
      retries(registry.make_counter("ashlar_storage_retries_total",
                                    "Transaction functions that ran again.")),
      refused(registry.make_counter(
          "ashlar_storage_refused_total",
          "Transactions refused before they ran: queue or pool full, or too late.")),
      wal_bytes(
          registry.make_gauge("ashlar_storage_wal_bytes", "Size of the write-ahead log in use.")) {}

}  // namespace ashlar::storage
