// Relay: the outbox, handed on to Kafka, each event exactly once.
//
//   outbox ──LogReader──> page ──> [Kafka transaction: its records + the position behind them]
//
// The position is a record in a compacted topic, written in the very transaction that writes the
// events, as Kafka Connect does for exactly-once sources (KIP-618). Why nothing is lost or twice:
//
//  1. Producer::init() ends every earlier transaction of this shard and fences every earlier
//     producer of it (producer.h, 2): after it only we write records of the shard.
//  2. The position is read after init(), with read_committed, up to the end that the topic has for
//     read_uncommitted readers at that time (position_topic.h): so it is that of the last committed
//     transaction, wherever its process died. Were it older, that is: before the commit marker, the
//     end would not have been reached, and the read waits.
//  3. A transaction's records are the events behind that position in the order of the log, and the
//     position behind them. By (1) and (2) the committed events are at every moment exactly those
//     up to the committed position: begin: none; step: both grow together or not at all.
//  4. The log answers the same events behind a position whoever asks, but for newer ones at its end
//     (log_reader.h, 1), and those of a key in order of commits.
//  5. Where the outcome of a commit is not known, nothing is guessed: (1) and (2) again.
// So a SIGKILL at any place, between Kafka's commit and ours too, repeats nothing: our own row is a
// copy for lag, retention and the lease, and lags behind.
//
//   [idle] ──lease()──> [leased] ──open_producer(), read position──> [ready] ──send()──> [ready]
//     ^                    ^                                           │ spoilt: abort, rewind
//     └─ lease lost ───────┴──────────── broken, fenced ───────────────┘
//
// One instance at a time relays, by a lease in event_consumers (name "kafka.<shard>"); the lease is
// for peace, the fencing of (1) for safety. An event that Kafka will never take (too large, topic
// refused) is kept in kafka_refused with the reason, and the rest goes on.
//
// Of `shard` there is one for each outbox, that is for each database; two databases with the same
// shard on one cluster are told apart by an id in the position, and the second refuses to start.
// Errors of round(): storage's; kUnavailable kafka_unavailable; kConflict kafka_shard_taken,
// kafka_position_ahead (the database was set back: going on would leave out events), kafka_topic
// (the position topic is not compacted).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/kafka/client.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
}

namespace ashlar::kafka {

struct RelayOptions {
  Connection connection;
  std::string shard = "main";
  std::string topic_prefix = "outbox.event.";
  std::string position_topic = "ashlar.relay.positions";
  std::string source = "ashlar";  // CloudEvents' source
  std::string instance;           // names this process
  bool alone = false;         // no other process relays: what a killed one held is taken at once
  bool from_start = false;    // a new shard begins at the oldest event kept; else at the newest
  int batch = 500;            // events of one transaction
  bool manage_topics = true;  // they are made and checked; else that is the administrator's
  int partitions = -1;        // of topics that are made; -1: the broker's default
  int replication = -1;
  base::Millis transaction_timeout{60'000};
};

class Relay {
 public:
  static constexpr base::Millis kLease{10'000};
  static constexpr base::Millis kPoll{1'000};

  // All outlive it.
  Relay(RelayOptions options, storage::Database& db, const base::Clock& clock,
        base::Entropy& entropy, obs::Registry& metrics, obs::Log& log);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // The row in event_consumers, so that events are kept from now on. Before start() or round().
  base::Status enlist();
  void wake();  // there may be new events: given to Outbox
  void start();
  // Gives the lease back. A commit under way is left to whoever comes next after some 2 s.
  void stop();

  struct Round {
    int sent = 0;       // events committed
    bool more = false;  // another round at once
    bool ours = false;  // the lease is
  };
  // One transaction at most; for tests, and for the thread of start().
  base::Result<Round> round();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::kafka
