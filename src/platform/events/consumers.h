// Consumers: who is told of events, each with its own position in the log.
//
//   outbox ──relay──> consumer: effect and position in one transaction ──> next
//                        │ the effect fails
//                        v
//                     [parked key] ── after a pause, in order ──> effect ──> key goes on
//                        │ attempts used up
//                        v
//                     [dead letter] ── replay ──> [parked key]
//
// Promises
//  1. Every event that a consumer wants, committed after the consumer came to be, reaches it once
//  in
//     effect: the effect, and the position or the parked row's end, commit together.
//  2. Per key in order of commit, also through parking: while a key has parked events, later ones
//     of it park behind them. Other keys go on meanwhile.
//  3. An event whose attempts are used up becomes a dead letter; its key goes on. Where the
//     database itself is at fault (gone, busy, full) nobody's attempts are counted: the consumer
//     waits.
//  4. No event is skipped that commits late: on PostgreSQL positions are snapshots (log_reader.h),
//     so a long transaction delays its own events and no others. A gauge tells of it, since it also
//     keeps the database from cleaning up.
//  5. One instance at a time works a consumer: a lease in its row, renewed, fenced by an epoch that
//     the position's update checks. Another takes over within kLease + kPoll, the same one (by
//     its instance's name) at once.
//  6. Events are kept until every consumer has passed them and `keep` is over; parked and dead ones
//     as long as they are parked or dead. Dead letters are kept for keep_dead. A consumer that no
//     instance has worked for kForgotten holds nothing back any more.
//
// Broadcast consumers (on_each_instance) have no position: each instance gets what commits while it
// runs, without a transaction, and `resync` where it may have missed something.
// What commits here they have before write() returns (and maybe once more). They are for caches.
//
// Errors of the management functions beside storage's: kNotFound consumer_not_found,
// dead_letter_not_found. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/events/event.h"
#include "platform/jobs/jobs.h"

namespace ashlar::events {

// Runs in a write under PlatformUse::kEvents, maybe more than once (storage/database.h, 3): the
// effect is platform statements that name event.tenant, Jobs::enqueue_for, Outbox::append_for.
using Consume = std::function<base::Status(storage::Transaction&, const Event&)>;

struct ConsumerOptions {
  std::string name;                // for ever: its position is kept under it
  std::vector<std::string> types;  // "link.created", "link.*", "*"
  Consume consume;
  jobs::RetryPlan retry = jobs::RetryPlan::standard();
  int max_attempts = 10;
  int batch = 200;          // events of one transaction
  bool from_start = false;  // a new consumer begins at the oldest event kept; else at the newest
};

struct DeadLetter {
  std::int64_t id = 0;
  std::string consumer;
  Event event;
  int attempts = 0;
  std::string error;
  base::Time died_at{};
};

struct ConsumerView {
  std::string name;
  std::int64_t lag_events = 0;
  base::Millis lag_time{0};  // age of the oldest event not yet consumed
  std::int64_t parked = 0, dead = 0;
  std::string owner;  // instance that works it
};

struct ReplayRange {
  std::optional<std::string> aggregate_type, aggregate_id;  // of one key
  std::optional<base::TenantId> tenant;
  std::optional<base::Time> from, to;  // of the event's time; to is not in it
};

class Consumers {
 public:
  static constexpr base::Millis kLease{10'000};
  static constexpr base::Millis kPoll{1'000};
  static constexpr base::Seconds kForgotten{30 * 24 * 3600};

  struct Options {
    std::string instance;  // names this process
    // No other process works this database (SQLite): leases of the dead are taken at once.
    bool alone = false;
    base::Seconds keep{7 * 24 * 3600};
    base::Seconds keep_dead{30 * 24 * 3600};
    std::uint64_t seed = 1;  // of jitter
  };
  // All outlive it.
  Consumers(Options options, storage::Database& db, const base::Clock& clock,
            obs::Registry& metrics, obs::Log& log);
  ~Consumers();
  Consumers(const Consumers&) = delete;
  Consumers& operator=(const Consumers&) = delete;

  void add(ConsumerOptions options);  // before start()
  // `event` null: resync. Quick, any thread, one call at a time; before start().
  void on_each_instance(std::vector<std::string> types, std::function<void(const Event*)> told);

  // For the outbox of this process: there are new events; an event that a broadcast consumer wants.
  void wake();
  void tell(const Event& event);
  [[nodiscard]] std::vector<std::string> told_types() const;

  void start();
  void stop();
  // Works until nothing is left that may be done now; for tests with a hand-driven clock.
  base::Status run_until_idle();
  base::Status tend();  // a round of retention and metrics: the same

  base::Result<std::vector<ConsumerView>> list();
  base::Result<std::vector<DeadLetter>> dead_letters(const std::string& consumer,
                                                     std::int64_t after, int limit);
  base::Status replay_dead(std::int64_t id);  // its attempts begin anew, behind its key's parked
  // Events of the range are consumed again, behind their keys' parked ones; how many.
  base::Result<std::int64_t> replay(const std::string& consumer, const ReplayRange& range);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::events
