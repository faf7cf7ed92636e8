// ConsumerWorker: works one consumer, where this instance has its lease.
//
//   [none] ──take_lease()──> [leased, epoch] ──each commit, renew()──> [leased]
//      ^                        │  consumer_fenced: another has taken it
//      └────────────────────────┴─ end_lease()
//
// A step: what is parked and due first, key by key; then a page of the log in one transaction.
// Where that fails it is halved until the events that fail stand alone, and each of these is parked
// in the transaction that moves the position past it.
//
// Invariants
//  1. Each transaction with an effect updates the consumer's row under the epoch of the lease: one
//     that was taken over commits nothing.
//  2. A position in memory may be ahead of the row's by events of other types only.
//  3. Errors that are the database's state (storage_unavailable, storage_busy, storage_full) park
//     nothing: step() returns them.
// One thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/events/consumers.h"
#include "platform/events/events_store.h"
#include "platform/events/log_reader.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Gauge;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::events {

class ConsumerWorker {
 public:
  // All by reference outlives it.
  ConsumerWorker(ConsumerOptions options, std::string instance, bool alone, std::uint64_t seed,
                 storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
                 obs::Log& log);
  ConsumerWorker(const ConsumerWorker&) = delete;
  ConsumerWorker& operator=(const ConsumerWorker&) = delete;

  [[nodiscard]] const std::string& name() const { return options_.name; }

  // Its row, with its first position. Idempotent.
  base::Status register_row();
  // Whether there may be more to do at once. Nothing where another instance has the lease.
  base::Result<bool> step();
  void end_lease();
  base::Status measure();  // the gauges

 private:
  base::Result<bool> hold_lease();
  [[nodiscard]] base::Millis renew_after() const;
  base::Result<bool> retry_parked();
  base::Status retry(const store::Parked& first, int most);
  base::Status fail(const store::Parked& parked, const base::Error& error);
  base::Result<bool> work();
  base::Result<bool> consume_page();
  base::Status consume_halves(const LogPage& page, std::size_t first, std::size_t count);
  base::Status consume(std::span<const Event> events, const LogPosition& end);
  base::Status consume_in(storage::Transaction& tx, std::span<const Event> events,
                          const LogPosition& end, std::int64_t& consumed);
  base::Status park(const Event& event, const base::Error& error, const LogPosition& end);
  base::Result<bool> move(storage::Transaction& tx, const LogPosition& position);
  void committed(const LogPosition& position);
  store::Failure failure(int attempts, const base::Error& error);

  const ConsumerOptions options_;
  const std::string instance_;
  const bool alone_;
  storage::Database& db_;
  const base::Clock& clock_;
  obs::Log& log_;
  base::Random random_;
  LogReader reader_;

  bool registered_ = false;
  std::int64_t epoch_ = 0;  // 0: no lease
  base::Time renewed_{};
  base::Time moving_at_{};  // of the transaction under way
  LogPosition position_;    // while there is a lease
  LogPosition written_;     // of the row

  obs::Counter& consumed_;
  obs::Counter& failed_;
  obs::Counter& died_;
  obs::Gauge& lag_events_;
  const std::shared_ptr<std::atomic<double>> lag_s_;  // also the registry's, which may outlive us
  obs::Gauge& parked_;
  obs::Gauge& dead_;
};

}  // namespace ashlar::events
