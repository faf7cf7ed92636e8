#include "platform/kafka/relay.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/entropy.h"
#include "platform/events/events_store.h"
#include "platform/events/log_reader.h"
#include "platform/kafka/position_topic.h"
#include "platform/kafka/positions_store.h"
#include "platform/kafka/producer.h"
#include "platform/kafka/topics.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::kafka {
namespace {

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);

constexpr base::Millis kKafkaPatience{60'000};  // of one call that may be retried
constexpr base::Millis kRenew{3'000};           // our row is a copy: it need not follow each commit
constexpr base::Millis kAdmin{10'000};
constexpr std::size_t kMaxTopics = 10'000;
constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;  // of data in one transaction
constexpr std::int64_t kPositionTag = -1;

base::Error unavailable(std::string detail) {
  return base::fail(base::Code::kUnavailable, "kafka_unavailable", std::move(detail));
}

// The first transaction that a snapshot "xmin:xmax:…" does not know yet.
std::optional<std::int64_t> snapshot_end(const std::string& snapshot) {
  const std::size_t first = snapshot.find(':');
  if (first == std::string::npos) return std::nullopt;
  std::int64_t end = 0;
  for (std::size_t i = first + 1; i < snapshot.size() && snapshot[i] != ':'; ++i) {
    if (snapshot[i] < '0' || snapshot[i] > '9') return std::nullopt;
    end = end * 10 + (snapshot[i] - '0');
  }
  return end;
}

}  // namespace

struct Relay::Impl {
  Impl(RelayOptions the_options, storage::Database& the_db, const base::Clock& the_clock,
       base::Entropy& the_entropy, obs::Registry& metrics, obs::Log& the_log)
      : options(std::move(the_options)),
        name("kafka." + options.shard),
        db(the_db),
        clock(the_clock),
        entropy(the_entropy),
        log(the_log),
        reader(db, events::packed_types({"*"})),
        relayed(metrics.make_counter("ashlar_kafka_relayed_total",
                                     "Events committed to Kafka by this process.")),
        refused(metrics.make_counter("ashlar_kafka_refused_total",
                                     "Events that Kafka would not take, kept in kafka_refused.")),
        aborts(metrics.make_counter("ashlar_kafka_transactions_aborted_total",
                                    "Kafka transactions that were aborted and begun again.")),
        rebuilds(metrics.make_counter("ashlar_kafka_producers_rebuilt_total",
                                      "Producers thrown away after a fatal error, a fencing or an "
                                      "outcome that nobody knew.")) {}

  base::Result<Round> round();
  base::Result<bool> hold_lease();
  base::Status open_producer();
  base::Status rewind();
  base::Status check_position(const ShardPosition& found, const std::string& own_source);
  base::Result<Round> send(const events::LogPage& page);
  base::Result<Outcome> write_transaction(const events::LogPage& page, std::size_t count,
                                          const events::LogPosition& end);
  base::Result<Round> recover(Outcome outcome, const events::LogPage& page);
  base::Status keep_refused(const events::LogPage& page);
  base::Status make_topic(const std::string& topic, bool compacted);
  void drop_producer();
  void give_back();
  [[nodiscard]] base::Mono patience() const { return clock.mono() + kKafkaPatience; }

  const RelayOptions options;
  const std::string name;  // in event_consumers
  storage::Database& db;
  const base::Clock& clock;
  base::Entropy& entropy;
  obs::Log& log;
  events::LogReader reader;
  obs::Counter& relayed;
  obs::Counter& refused;
  obs::Counter& aborts;
  obs::Counter& rebuilds;

  std::atomic<bool> stopping{false};
  std::atomic<runtime::Periodic*> awake{nullptr};  // `thread`, once it is there: for any thread
  // The thread of round() only.
  std::int64_t epoch = 0;  // of our lease; 0: not ours
  base::Mono renew_at{};
  std::string source;
  std::unique_ptr<Producer> producer;
  events::LogPosition position;    // committed in Kafka; REQUIRES: producer
  std::set<std::string> topics;    // known to be there
  std::set<std::int64_t> skipped;  // refused ones of the present page
  int failures = 0;

  std::unique_ptr<runtime::Periodic> thread;  // last: it uses all of the above
};

Relay::Relay(RelayOptions options, storage::Database& db, const base::Clock& clock,
             base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), db, clock, entropy, metrics, log)) {}

Relay::~Relay() { stop(); }

base::Status Relay::enlist() {
  Impl& self = *impl_;
  events::LogPosition begin = self.reader.oldest();
  if (!self.options.from_start) {
    ASHLAR_ASSIGN(begin, self.reader.newest());
  }
  std::array<std::byte, 16> bytes{};
  self.entropy.fill(bytes);
  const std::string fresh =
      base::hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return self.db.write(kContext, [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(std::string source, store::source_id(tx, self.options.shard, fresh));
    ASHLAR_TRY(events::store::add_consumer(tx, self.name, events::packed_types({"*"}), begin,
                                           self.clock.now()));
    tx.on_commit([&self, source = std::move(source)] { self.source = source; });
    return base::ok_status();
  });
}

void Relay::wake() {
  if (runtime::Periodic* thread = impl_->awake.load()) thread->wake();
}

void Relay::start() {
  Impl& self = *impl_;
  self.thread = std::make_unique<runtime::Periodic>("kafka-relay", kPoll, [&self] {
    bool more = true;
    while (more && !self.stopping) {
      const auto round = self.round();
      more = round.ok() && round->more;
      if (round.ok()) {
        self.failures = 0;
      } else if (++self.failures % 30 == 1) {  // kPoll apart: each half a minute
        self.log.error("kafka relay", {{"shard", self.options.shard},
                                       {"reason", round.error().reason},
                                       {"detail", round.error().detail}});
      }
    }
  });
  self.awake = self.thread.get();
}

void Relay::stop() {
  Impl& self = *impl_;
  self.stopping = true;
  if (self.thread) self.thread->stop();  // waking it still is harmless
  self.give_back();
}

base::Result<Relay::Round> Relay::round() { return impl_->round(); }

base::Result<Relay::Round> Relay::Impl::round() {
  ASHLAR_ASSIGN(const bool ours, hold_lease());
  if (!ours) {
    drop_producer();
    return Round{};
  }
  if (!producer) ASHLAR_TRY(open_producer());
  ASHLAR_ASSIGN(const events::LogPage page, reader.read(position, options.batch));
  if (page.events.empty()) {
    // Nothing to tell, and the same position for whoever reads it: the next page begins there.
    position = page.end;
    return Round{.sent = 0, .more = page.more, .ours = true};
  }
  return send(page);
}

// Takes or renews it; the row's position follows Kafka's here.
base::Result<bool> Relay::Impl::hold_lease() {
  const base::Mono now = clock.mono();
  if (epoch != 0 && now < renew_at) return true;
  const base::Time wall = clock.now();
  events::store::Lease lease{.consumer = name,
                             .owner = options.instance,
                             .epoch = epoch,
                             .until = wall + kLease,
                             .now = wall,
                             .anyhow = options.alone};
  base::Result<std::int64_t> held =
      db.write(kContext, [&](storage::Transaction& tx) -> base::Result<std::int64_t> {
        if (epoch != 0 && producer) {
          ASHLAR_TRY(events::store::move(tx, lease, position));
          return epoch;
        }
        ASHLAR_ASSIGN(const auto row, events::store::take_lease(tx, lease));
        return row ? row->epoch : std::int64_t{0};
      });
  if (!held.ok() && std::string_view(held.error().reason) == "consumer_fenced") {
    held = std::int64_t{0};
  }
  if (!held.ok()) return std::move(held).error();
  epoch = *held;
  renew_at = now + kRenew;
  return epoch != 0;
}

base::Status Relay::Impl::open_producer() {
  const ProducerOptions wanted{
      .connection = options.connection,
      .transactional_id = "ashlar.relay." + options.shard,
      .transaction_timeout = options.transaction_timeout,
      .message_timeout = options.transaction_timeout / 2,
  };
  ASHLAR_ASSIGN(producer, Producer::create(wanted, clock, log, stopping));
  base::Status ready = make_topic(options.position_topic, true);
  // Once before init() too: a shard that is another database's is left in peace, not fenced.
  if (ready.ok()) ready = rewind();
  if (ready.ok() && producer->init(patience()) != Outcome::kDone) {
    ready = unavailable("init: " + producer->problem());
  }
  if (ready.ok()) ready = rewind();
  if (!ready.ok()) drop_producer();
  return ready;
}

// To where the last committed transaction ends. REQUIRES: none of ours is open.
base::Status Relay::Impl::rewind() {
  ASHLAR_ASSIGN(const auto found, read_position(options.connection, options.position_topic,
                                                options.shard, clock, log, stopping, patience()));
  if (found) {
    ASHLAR_TRY(check_position(*found, source));
    position = found->position;
    return base::ok_status();
  }
  ASHLAR_ASSIGN(const auto row, db.read(kContext, [&](storage::Transaction& tx) {
    return events::store::find_consumer(tx, name);
  }));
  if (!row) {
    return base::fail(base::Code::kConflict, "kafka_shard_taken",
                      "the row " + name + " in event_consumers is gone");
  }
  position = row->position;
  return base::ok_status();
}

// Reading on from a position that the log has not reached would leave events out.
base::Status Relay::Impl::check_position(const ShardPosition& found,
                                         const std::string& own_source) {
  if (found.source != own_source) {
    return base::fail(base::Code::kConflict, "kafka_shard_taken",
                      "shard " + options.shard +
                          " on this cluster belongs to another database: give this one another "
                          "kafka.shard");
  }
  return db.read(kContext, [&](storage::Transaction& tx) -> base::Status {
    bool ahead = false;
    if (db.dialect() == storage::Dialect::kSqlite) {
      ASHLAR_ASSIGN(const std::int64_t last, events::store::last_seq(tx));
      ASHLAR_ASSIGN(const auto row, events::store::find_consumer(tx, name));
      ahead = found.position.seq > std::max(last, row ? row->position.seq : 0);
    } else {
      ASHLAR_ASSIGN(const std::string now, events::store::snapshot(tx));
      const std::string& then = found.position.to.empty() ? found.position.from : found.position.to;
      ahead = snapshot_end(then) > snapshot_end(now);
    }
    if (!ahead) return base::ok_status();
    return base::fail(base::Code::kConflict, "kafka_position_ahead",
                      "Kafka has events of this shard that this database does not have: it was "
                      "set back to an older state; give it another kafka.shard to go on");
  });
}

base::Status Relay::Impl::make_topic(const std::string& topic, bool compacted) {
  if (topics.contains(topic)) return base::ok_status();
  const TopicPlan plan{.name = topic,
                       .partitions = compacted ? 1 : options.partitions,
                       .replication = options.replication,
                       .compacted = compacted};
  if (!options.manage_topics) return base::ok_status();
  ASHLAR_TRY(ensure_topic(producer->client(), plan, kAdmin));
  if (compacted) ASHLAR_TRY(check_compacted(producer->client(), topic, kAdmin));
  if (topics.size() < kMaxTopics) topics.insert(topic);
  return base::ok_status();
}

base::Result<Relay::Round> Relay::Impl::send(const events::LogPage& page) {
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < page.events.size(); ++count) {
    bytes += page.events[count].data.size();
    if (count > 0 && bytes > kMaxBytes) break;
  }
  const events::LogPosition end = page.after(count - 1);
  base::Result<Outcome> outcome = write_transaction(page, count, end);
  if (!outcome.ok()) {  // a topic could not be made: the transaction has not begun
    return std::move(outcome).error();
  }
  if (*outcome == Outcome::kDone) {
    const auto sent = static_cast<int>(
        std::count_if(page.events.begin(), page.events.begin() + static_cast<std::ptrdiff_t>(count),
                      [&](const auto& e) { return !skipped.contains(e.seq.value); }));
    skipped.clear();
    position = end;
    relayed.add(static_cast<std::uint64_t>(sent));
    return Round{.sent = sent, .more = page.more || count < page.events.size(), .ours = true};
  }
  return recover(*outcome, page);
}

// The transaction is undone, or nobody knows: in any case what is true is read back.
base::Result<Relay::Round> Relay::Impl::recover(Outcome outcome, const events::LogPage& page) {
  const std::string problem = producer->problem();
  bool undone = false;
  if (outcome == Outcome::kSpoilt) {
    aborts.add();
    undone = producer->abort(patience()) == Outcome::kDone;
  }
  const bool refusals = !producer->refused().empty();
  if (refusals) ASHLAR_TRY(keep_refused(page));
  if (undone && !refusals) {
    const base::Status back = rewind();
    if (!back.ok()) drop_producer();
    ASHLAR_TRY(back);
    return unavailable("aborted: " + problem);
  }
  if (producer->fenced()) epoch = 0;  // someone took over: ask for the lease again, in its time
  drop_producer();
  if (refusals) return Round{.sent = 0, .more = true, .ours = epoch != 0};
  return unavailable("given up: " + problem);
}

base::Result<Outcome> Relay::Impl::write_transaction(const events::LogPage& page, std::size_t count,
                                                     const events::LogPosition& end) {
  std::vector<Record> records;
  records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    records.push_back(to_record(page.events[i], options.topic_prefix, options.source));
    ASHLAR_TRY(make_topic(records.back().topic, false));
  }
  const base::Mono deadline = patience();
  Outcome outcome = producer->begin();
  for (std::size_t i = 0; outcome == Outcome::kDone && i < count; ++i) {
    const std::int64_t seq = page.events[i].seq.value;
    if (!skipped.contains(seq)) outcome = producer->produce(records[i], seq, deadline);
  }
  if (outcome == Outcome::kDone) {
    const Record record = position_record(options.position_topic, options.shard, {source, end});
    outcome = producer->produce(record, kPositionTag, deadline, 0);
  }
  return outcome == Outcome::kDone ? producer->commit(deadline) : outcome;
}

// What no retry will deliver is kept, with the reason, before the position goes past it.
base::Status Relay::Impl::keep_refused(const events::LogPage& page) {
  for (const Producer::Refused& one : producer->refused()) {
    const auto event = std::find_if(page.events.begin(), page.events.end(),
                                    [&](const auto& e) { return e.seq.value == one.tag; });
    if (event == page.events.end()) continue;
    ASHLAR_TRY(db.write(kContext, [&](storage::Transaction& tx) {
      return store::refuse(tx, options.shard, *event, one.error, clock.now());
    }));
    if (skipped.insert(one.tag).second) refused.add();
    log.error("kafka refused an event",
              {{"shard", options.shard}, {"event", event->id}, {"error", one.error}});
  }
  return base::ok_status();
}

void Relay::Impl::drop_producer() {
  if (!producer) return;
  rebuilds.add();
  producer.reset();
}

// The next one need not wait for the lease to run out.
void Relay::Impl::give_back() {
  const bool knows = producer != nullptr;
  producer.reset();
  if (epoch == 0) return;
  const base::Time wall = clock.now();
  const events::store::Lease lease{.consumer = name,
                                   .owner = options.instance,
                                   .epoch = epoch,
                                   .until = wall,
                                   .now = wall,
                                   .anyhow = false};
  epoch = 0;
  const base::Status ended = db.write(kContext, [&](storage::Transaction& tx) -> base::Status {
    if (knows) ASHLAR_TRY(events::store::move(tx, lease, position));
    return events::store::end_lease(tx, lease);
  });
  if (!ended.ok()) {
    log.info("kafka relay: its lease runs out by itself", {{"reason", ended.error().reason}});
  }
}

}  // namespace ashlar::kafka
