// Consumer: records of Kafka, consumed with the effect and the position in one transaction of our
// database. events::Consume, behind Kafka instead of our own log.
//
//   topic partition ──poll──> batch ──> [transaction: effects + next_offset of each partition]
//
// Promises
//  1. Each committed record of the topics has its effect once. The position (kafka_positions: of
//     each consumer, topic and partition the next offset) moves in the effect's transaction, by
//     comparing what it was; Kafka's own committed offsets are not asked. Kafka's transactions that
//     were aborted are not seen (read_committed).
//  2. Rebalance without duplicates: who is assigned a partition raises the epoch in its row and
//     starts from the row's offset; the transaction of an earlier owner fails at its epoch and is
//     rolled back whole (consumer_fenced), however late it comes.
//  3. Per key in the order of the partition, also through parking: an event whose effect fails is
//     parked with its content, later ones of its key behind it; other keys go on. Attempts used up:
//     a dead letter, and the key goes on. A record that says it is a CloudEvent and is none is a
//     dead letter at once.
//  4. Where storage does not answer, nothing is parked: the same batch again after a pause, with
//     fetching paused, as member of the group.
//  5. Records that the topic has deleted before we read them are counted
//     (ashlar_kafka_records_lost_total, by offsets), logged, and the reading goes on at the topic's
//     begin. An offset beyond the topic's end (it was made anew) stops that partition and says so.
//
//   [open] ──assigned: claim()──> [owned] ──poll, apply()──> [owned] ──revoked: let_go()──> …
//      ^                             │ storage fails: hold the batch, pause, apply() again
//      └─── broken: close, back off ─┘
//
// Errors of round(): storage's; kUnavailable kafka_unavailable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/events/consumers.h"
#include "platform/kafka/client.h"

namespace ashlar::kafka {

struct ConsumerOptions {
  Connection connection;
  events::ConsumerOptions events;   // name: for ever
  std::string group;                // "": the name. Members share one database.
  std::vector<std::string> topics;  // names, or patterns that begin with ^
  std::string instance;             // names this process
  bool cooperative = true;          // else eager (range)
  base::Millis session_timeout{10'000};
  std::uint64_t seed = 1;  // of jitter
};

class Consumer {
 public:
  // All outlive it.
  Consumer(ConsumerOptions options, storage::Database& db, const base::Clock& clock,
           obs::Registry& metrics, obs::Log& log);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  void start();
  void stop();  // leaves the group

  // Polls for at most `wait`, applies what came and what is due of the parked; how many effects
  // committed. For tests, and for the thread of start().
  base::Result<int> round(base::Millis wait);

  // Management; any thread. Ids are those of DeadLetter.
  base::Result<std::vector<events::DeadLetter>> dead_letters(std::int64_t after, int limit);
  base::Status replay_dead(std::int64_t id);  // its attempts begin anew, behind its key's parked
  struct View {
    std::int64_t partitions = 0;  // owned here
    std::int64_t lag = 0;         // records of those not yet consumed
    std::int64_t parked = 0, dead = 0;
  };
  base::Result<View> view();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::kafka
