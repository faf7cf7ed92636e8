#include "platform/kafka/consumer.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/kafka/group_reader.h"
#include "platform/kafka/positions_store.h"
#include "platform/kafka/record_worker.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::kafka {
namespace {

using storage::Transaction;

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);
constexpr base::Millis kPoll{200};
constexpr base::Millis kRestart{1'000};
constexpr base::Millis kWeatherPause{1'000};  // until a batch is tried again that storage refused
constexpr base::Millis kDuePoll{500};
constexpr base::Millis kShow{5'000};

}  // namespace

struct Consumer::Impl {
  Impl(ConsumerOptions the_options, storage::Database& the_db, const base::Clock& the_clock,
       obs::Registry& metrics, obs::Log& the_log);

  base::Result<int> round(base::Millis wait);
  base::Status open();
  void close();
  base::Result<std::vector<std::int64_t>> claim(const std::vector<TopicPartition>& partitions);
  base::Status apply();
  base::Status mend_range(const TopicPartition& at);
  void measure();

  const ConsumerOptions options;
  storage::Database& db;
  const base::Clock& clock;
  obs::Log& log;
  obs::Counter& lost;
  obs::Gauge& lag;
  obs::Gauge& partitions_gauge;

  std::atomic<bool> stopping{false};
  std::atomic<std::int64_t> seen_partitions{0}, seen_lag{0};
  // The thread of round() only.
  RecordWorker worker;
  std::unique_ptr<GroupReader> reader;
  std::set<TopicPartition> to_mend;  // where the position is out of the topic's range
  bool rejoin = false;               // to begin at the positions anew
  base::Mono apply_at{};
  base::Mono due_at{};
  base::Mono show_at{};

  std::unique_ptr<runtime::Periodic> thread;  // last: it uses all of the above
};

Consumer::Impl::Impl(ConsumerOptions the_options, storage::Database& the_db,
                     const base::Clock& the_clock, obs::Registry& metrics, obs::Log& the_log)
    : options(std::move(the_options)),
      db(the_db),
      clock(the_clock),
      log(the_log),
      lost(metrics.make_counter("ashlar_kafka_records_lost_total",
                                "Records that their topic had deleted before they were consumed.",
                                {{"consumer", options.events.name}})),
      lag(metrics.make_gauge("ashlar_kafka_lag",
                             "Offsets of the partitions owned here that are not consumed yet.",
                             {{"consumer", options.events.name}})),
      partitions_gauge(metrics.make_gauge("ashlar_kafka_partitions",
                                          "Partitions that this process owns.",
                                          {{"consumer", options.events.name}})),
      worker(options.events, options.instance, options.seed, db, clock, metrics, log) {
  const events::ConsumerOptions& e = options.events;
  CHECK(!e.name.empty() && e.consume && !e.types.empty() && !options.topics.empty());
  CHECK(e.batch > 0 && e.max_attempts > 0 && !e.retry.delays.empty());
  for (const std::string& type : e.types) CHECK(events::is_type_pattern(type));
}

Consumer::Consumer(ConsumerOptions options, storage::Database& db, const base::Clock& clock,
                   obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), db, clock, metrics, log)) {}

Consumer::~Consumer() { stop(); }

void Consumer::start() {
  Impl& self = *impl_;
  self.thread = std::make_unique<runtime::Periodic>("kafka-consumer", kRestart, [&self] {
    while (!self.stopping) {
      const auto round = self.round(kPoll);
      if (round.ok()) continue;
      self.log.warn("kafka consumer", {{"consumer", self.options.events.name},
                                       {"reason", round.error().reason},
                                       {"detail", round.error().detail}});
      return;  // again after kRestart
    }
  });
}

void Consumer::stop() {
  impl_->stopping = true;
  if (impl_->thread) impl_->thread->stop();
  impl_->close();
}

base::Result<int> Consumer::round(base::Millis wait) { return impl_->round(wait); }

base::Result<int> Consumer::Impl::round(base::Millis wait) {
  const std::int64_t before = worker.effects();
  if (!reader) ASHLAR_TRY(open());
  // A batch that waits for storage: polling is then only for the group, to remain its member.
  const auto room = static_cast<std::size_t>(options.events.batch);
  auto polled = reader->poll(wait, worker.has_batch() ? 1 : room);
  if (!polled.ok()) {
    close();
    return std::move(polled).error();
  }
  for (Fetched& one : polled->records) worker.add(std::move(one));
  to_mend.insert(polled->out_of_range.begin(), polled->out_of_range.end());
  while (!to_mend.empty()) {
    ASHLAR_TRY(mend_range(*to_mend.begin()));
    to_mend.erase(to_mend.begin());
  }
  if (std::exchange(rejoin, false)) {
    close();
    return static_cast<int>(worker.effects() - before);
  }
  if (worker.has_batch()) ASHLAR_TRY(apply());
  if (clock.mono() >= due_at) {
    due_at = clock.mono() + kDuePoll;
    ASHLAR_TRY(worker.retry_due());
    measure();
  }
  return static_cast<int>(worker.effects() - before);
}

base::Status Consumer::Impl::apply() {
  if (clock.mono() < apply_at) return base::ok_status();
  const base::Status done = worker.apply();
  if (done.ok()) {
    reader->resume();
  } else {
    reader->pause();
    apply_at = clock.mono() + kWeatherPause;
  }
  return done;
}

base::Status Consumer::Impl::open() {
  ASHLAR_ASSIGN(
      reader,
      GroupReader::open({.connection = options.connection,
                         .group = options.group.empty() ? options.events.name : options.group,
                         .topics = options.topics,
                         .cooperative = options.cooperative,
                         .session_timeout = options.session_timeout},
                        {.assigned = [this](const auto& partitions) { return claim(partitions); },
                         .revoked =
                             [this](const auto& partitions) {
                               for (const TopicPartition& at : partitions) worker.let_go(at);
                             }},
                        log));
  return base::ok_status();
}

void Consumer::Impl::close() {
  reader.reset();
  worker.let_go_all();
  to_mend.clear();
  apply_at = {};
}

base::Result<std::vector<std::int64_t>> Consumer::Impl::claim(
    const std::vector<TopicPartition>& partitions) {
  ASHLAR_ASSIGN(std::vector<store::Claim> claims, worker.claim(partitions));
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const TopicPartition& at = partitions[i];
    if (claims[i].next_offset == store::Claim::kNone) {
      // Written down at once: "the newest" must not be another one after a crash.
      ASHLAR_ASSIGN(const Bounds bounds, reader->bounds(at));
      ASHLAR_TRY(worker.begin(at, claims[i], options.events.from_start ? bounds.low : bounds.high));
    }
    worker.own(at, claims[i]);
    offsets.push_back(claims[i].next_offset);
  }
  return offsets;
}

base::Status Consumer::Impl::mend_range(const TopicPartition& at) {
  const auto found = worker.owned().find(at);
  if (found == worker.owned().end()) return base::ok_status();
  const std::int64_t position = found->second.next_offset;
  ASHLAR_ASSIGN(const Bounds bounds, reader->bounds(at));
  if (position > bounds.high) {
    log.error(
        "kafka consumer: the topic ends before our position: was it made anew? The "
        "partition stands until its row in kafka_positions is deleted",
        {{"consumer", options.events.name},
         {"topic", at.topic},
         {"partition", at.partition},
         {"position", position},
         {"end", bounds.high}});
    return base::ok_status();
  }
  const std::int64_t next = std::max(position, bounds.low);
  ASHLAR_TRY(worker.skip_to(at, next));
  if (next > position) {
    lost.add(static_cast<std::uint64_t>(next - position));
    log.error("kafka consumer: the topic had deleted records that were not consumed",
              {{"consumer", options.events.name},
               {"topic", at.topic},
               {"partition", at.partition},
               {"records", next - position}});
  }
  rejoin = true;  // librdkafka does not seek where its fetching has stopped
  return base::ok_status();
}

void Consumer::Impl::measure() {
  std::int64_t behind = 0;
  std::map<TopicPartition, std::int64_t> offsets;
  for (const auto& [at, one] : worker.owned()) {
    offsets[at] = one.next_offset;
    const auto bounds = reader->last_bounds(at);
    if (bounds) behind += std::max<std::int64_t>(0, bounds->high - one.next_offset);
  }
  lag.set(behind);
  partitions_gauge.set(static_cast<std::int64_t>(offsets.size()));
  seen_lag = behind;
  seen_partitions = static_cast<std::int64_t>(offsets.size());
  if (clock.mono() < show_at) return;
  show_at = clock.mono() + kShow;
  reader->committed_for_show(offsets);
}

base::Result<std::vector<events::DeadLetter>> Consumer::dead_letters(std::int64_t after,
                                                                     int limit) {
  Impl& self = *impl_;
  ASHLAR_ASSIGN(const auto parked, self.db.read(kContext, [&](Transaction& tx) {
    return store::list_dead(tx, self.options.events.name, after, limit);
  }));
  std::vector<events::DeadLetter> dead;
  for (const store::Parked& one : parked) {
    dead.push_back({.id = one.id,
                    .consumer = self.options.events.name,
                    .event = one.event,
                    .attempts = one.attempts,
                    .error = one.error,
                    .died_at = one.changed_at});
  }
  return dead;
}

base::Status Consumer::replay_dead(std::int64_t id) {
  Impl& self = *impl_;
  ASHLAR_ASSIGN(const bool revived, self.db.write(kContext, [&](Transaction& tx) {
    return store::revive(tx, self.options.events.name, id, self.clock.now());
  }));
  if (revived) return base::ok_status();
  return base::fail(base::Code::kNotFound, "dead_letter_not_found", "no such dead letter");
}

base::Result<Consumer::View> Consumer::view() {
  Impl& self = *impl_;
  ASHLAR_ASSIGN(const auto counts, self.db.read(kContext, [&](Transaction& tx) {
    return store::count_parked(tx, self.options.events.name);
  }));
  return View{.partitions = self.seen_partitions,
              .lag = self.seen_lag,
              .parked = counts.waiting,
              .dead = counts.dead};
}

}  // namespace ashlar::kafka
