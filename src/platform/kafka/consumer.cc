#include "platform/kafka/consumer.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "platform/kafka/group_reader.h"
#include "platform/kafka/positions_store.h"
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
constexpr std::int64_t kDueAtOnce = 50;
constexpr std::size_t kMaxErrorBytes = 2'048;

bool is_fenced(const base::Error& error) {
  return std::string_view(error.reason) == "consumer_fenced";
}

// Nobody's record is to blame; the next attempt may succeed with the same.
bool is_weather(const base::Error& error) {
  const std::string_view reason = error.reason;
  return reason == "storage_unavailable" || reason == "storage_busy" || reason == "storage_full";
}

// What is kept of an error: UTF-8 without NUL, bounded.
std::string kept(const base::Error& error) {
  std::string text = std::string(error.reason) + ": " + error.detail;
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (text.size() > kMaxErrorBytes) text.resize(kMaxErrorBytes);
  while (!text.empty() && !base::is_utf8(text)) text.pop_back();
  return text;
}

// What stands in the dead letters of a record that says it is a CloudEvent and is none.
events::Event raw_event(const Record& record, const Place& place) {
  Record plain = record;
  plain.headers.clear();
  auto event = from_record(plain, place);
  CHECK(event.ok());  // what claims nothing is never malformed
  return std::move(event).value();
}

}  // namespace

struct Consumer::Impl {
  struct Item {
    TopicPartition at;
    std::int64_t offset = 0;
    std::string key;
    events::Event event;
    std::optional<base::Error> malformed;
  };
  Impl(ConsumerOptions the_options, storage::Database& the_db, const base::Clock& the_clock,
       obs::Registry& metrics, obs::Log& the_log);

  base::Result<int> round(base::Millis wait);
  base::Status open();
  void close();
  base::Result<std::vector<std::int64_t>> claim(const std::vector<TopicPartition>& partitions);
  void let_go(const std::vector<TopicPartition>& partitions);
  void take_in(std::vector<Fetched> records);
  base::Status mend_range(const TopicPartition& at);

  base::Status apply();
  base::Status apply_one_by_one();
  base::Status consume(std::span<const Item> items, const std::optional<base::Error>& failed);
  base::Status consume_in(Transaction& tx, std::span<const Item> items,
                          const std::optional<store::Failure>& failed, int& effects);
  base::Status consume_item(Transaction& tx, const Item& item, bool any_waiting, int& effects);
  base::Status look_again(std::span<const Item> items);
  base::Status park(Transaction& tx, const Item& item, const store::Failure& failure);

  base::Status retry_due();
  base::Status retry(const TopicPartition& at, const store::Parked& parked);
  base::Status fail(const TopicPartition& at, const store::Parked& parked,
                    const base::Error& error);
  store::Failure failure(int attempts, const base::Error& error, bool hopeless = false);
  void measure();

  [[nodiscard]] store::Partition row(const TopicPartition& at) const {
    return {options.events.name, at.topic, at.partition};
  }
  [[nodiscard]] bool wanted(const events::Event& event) const {
    const auto& types = options.events.types;
    return std::any_of(types.begin(), types.end(), [&](const std::string& pattern) {
      return events::type_fits(pattern, event.type);
    });
  }

  const ConsumerOptions options;
  storage::Database& db;
  const base::Clock& clock;
  obs::Log& log;
  base::Random random;
  obs::Counter& consumed;
  obs::Counter& failed_total;
  obs::Counter& died;
  obs::Counter& lost;
  obs::Gauge& lag;
  obs::Gauge& partitions_gauge;

  std::atomic<bool> stopping{false};
  std::atomic<std::int64_t> seen_partitions{0}, seen_lag{0};
  // The thread of round() only.
  std::unique_ptr<GroupReader> reader;
  std::map<TopicPartition, store::Claim> owned;
  std::set<TopicPartition> to_mend;  // where the position is out of the topic's range
  std::vector<Item> batch;           // of owned partitions; polled, not applied yet
  base::Mono apply_at{};
  base::Mono due_at{};
  base::Mono show_at{};
  int effects_of_round = 0;

  std::unique_ptr<runtime::Periodic> thread;  // last: it uses all of the above
};

Consumer::Impl::Impl(ConsumerOptions the_options, storage::Database& the_db,
                     const base::Clock& the_clock, obs::Registry& metrics, obs::Log& the_log)
    : options(std::move(the_options)),
      db(the_db),
      clock(the_clock),
      log(the_log),
      random(options.seed),
      consumed(metrics.make_counter("ashlar_kafka_consumed_total",
                                    "Records of Kafka whose effect a consumer has committed.",
                                    {{"consumer", options.events.name}})),
      failed_total(metrics.make_counter("ashlar_kafka_failed_total",
                                        "Attempts of single records that failed.",
                                        {{"consumer", options.events.name}})),
      died(metrics.make_counter("ashlar_kafka_dead_total", "Records that became dead letters.",
                                {{"consumer", options.events.name}})),
      lost(metrics.make_counter("ashlar_kafka_records_lost_total",
                                "Records that their topic had deleted before they were consumed.",
                                {{"consumer", options.events.name}})),
      lag(metrics.make_gauge("ashlar_kafka_lag",
                             "Offsets of the partitions owned here that are not consumed yet.",
                             {{"consumer", options.events.name}})),
      partitions_gauge(metrics.make_gauge("ashlar_kafka_partitions",
                                          "Partitions that this process owns.",
                                          {{"consumer", options.events.name}})) {
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
  effects_of_round = 0;
  if (!reader) ASHLAR_TRY(open());
  // A batch that waits for storage: poll only as a member of the group has to.
  const auto room = static_cast<std::size_t>(options.events.batch);
  auto polled = reader->poll(wait, batch.empty() ? room : 1);
  if (!polled.ok()) {
    close();
    return std::move(polled).error();
  }
  take_in(std::move(polled->records));
  to_mend.insert(polled->out_of_range.begin(), polled->out_of_range.end());
  while (!to_mend.empty()) {
    ASHLAR_TRY(mend_range(*to_mend.begin()));
    to_mend.erase(to_mend.begin());
  }
  const base::Mono now = clock.mono();
  if (!batch.empty() && now >= apply_at) {
    const base::Status done = apply();
    if (!done.ok()) {
      reader->pause();
      apply_at = now + kWeatherPause;
      return done.error();
    }
    reader->resume();
  }
  if (now >= due_at) {
    due_at = now + kDuePoll;
    ASHLAR_TRY(retry_due());
    measure();
  }
  return effects_of_round;
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
                         .revoked = [this](const auto& partitions) { let_go(partitions); }},
                        log));
  return base::ok_status();
}

void Consumer::Impl::close() {
  reader.reset();
  owned.clear();
  batch.clear();
  to_mend.clear();
  apply_at = {};
}

base::Result<std::vector<std::int64_t>> Consumer::Impl::claim(
    const std::vector<TopicPartition>& partitions) {
  const auto claim_all = [&](Transaction& tx) -> base::Result<std::vector<store::Claim>> {
    std::vector<store::Claim> claims;
    for (const TopicPartition& at : partitions) {
      ASHLAR_ASSIGN(const store::Claim one,
                    store::claim(tx, row(at), options.instance, clock.now()));
      claims.push_back(one);
    }
    return claims;
  };
  ASHLAR_ASSIGN(std::vector<store::Claim> claims, db.write(kContext, claim_all));
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const TopicPartition& at = partitions[i];
    store::Claim& one = claims[i];
    if (one.next_offset == store::Claim::kNone) {
      // Written down at once: "the newest" must not be another one after a crash.
      ASHLAR_ASSIGN(const Bounds bounds, reader->bounds(at));
      const std::int64_t first = options.events.from_start ? bounds.low : bounds.high;
      ASHLAR_TRY(db.write(kContext, [&](Transaction& tx) {
        return store::move(tx, row(at), one, first, clock.now());
      }));
      one.next_offset = first;
    }
    owned[at] = one;
    offsets.push_back(one.next_offset);
  }
  return offsets;
}

void Consumer::Impl::let_go(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& at : partitions) {
    owned.erase(at);
    std::erase_if(batch, [&](const Item& item) { return item.at == at; });
  }
}

void Consumer::Impl::take_in(std::vector<Fetched> records) {
  for (Fetched& one : records) {
    TopicPartition at{one.place.topic, one.place.partition};
    const auto found = owned.find(at);
    if (found == owned.end() || one.place.offset < found->second.next_offset) continue;
    auto event = from_record(one.record, one.place);
    // Without a key there is no order to keep: none waits for another.
    std::string lane =
        one.record.key.empty() ? '\0' + std::to_string(one.place.offset) : one.record.key;
    Item item{.at = std::move(at),
              .offset = one.place.offset,
              .key = std::move(lane),
              .event = event.ok() ? std::move(*event) : raw_event(one.record, one.place),
              .malformed = event.ok() ? std::nullopt : std::optional(event.error())};
    batch.push_back(std::move(item));
  }
}

base::Status Consumer::Impl::mend_range(const TopicPartition& at) {
  const auto found = owned.find(at);
  if (found == owned.end()) return base::ok_status();
  store::Claim& claim = found->second;
  ASHLAR_ASSIGN(const Bounds bounds, reader->bounds(at));
  if (claim.next_offset > bounds.high) {
    log.error(
        "kafka consumer: the topic ends before our position: was it made anew? The "
        "partition stands until its row in kafka_positions is deleted",
        {{"consumer", options.events.name},
         {"topic", at.topic},
         {"partition", at.partition},
         {"position", claim.next_offset},
         {"end", bounds.high}});
    return base::ok_status();
  }
  const std::int64_t gap = std::max<std::int64_t>(0, bounds.low - claim.next_offset);
  const std::int64_t next = std::max(claim.next_offset, bounds.low);
  ASHLAR_TRY(db.write(kContext, [&](Transaction& tx) {
    return store::move(tx, row(at), claim, next, clock.now());
  }));
  claim.next_offset = next;
  if (gap > 0) {
    lost.add(static_cast<std::uint64_t>(gap));
    log.error("kafka consumer: the topic had deleted records that were not consumed",
              {{"consumer", options.events.name},
               {"topic", at.topic},
               {"partition", at.partition},
               {"records", gap}});
  }
  return reader->seek(at, next);
}

// An error: storage does not answer; what is left of the batch stays.
base::Status Consumer::Impl::apply() {
  const bool plain = std::none_of(batch.begin(), batch.end(),
                                  [](const Item& item) { return item.malformed.has_value(); });
  if (plain) {
    const base::Status done = consume(batch, std::nullopt);
    if (done.ok()) {
      batch.clear();
      return done;
    }
    if (is_weather(done.error())) return done;
  }
  return apply_one_by_one();
}

base::Status Consumer::Impl::apply_one_by_one() {
  while (!batch.empty()) {
    const Item item = batch.front();
    const std::span<const Item> one(&item, 1);
    base::Status done = item.malformed ? consume(one, item.malformed) : consume(one, std::nullopt);
    if (!done.ok() && !is_weather(done.error()) && !is_fenced(done.error())) {
      done = consume(one, done.error());
    }
    if (!done.ok() && is_fenced(done.error())) {
      ASHLAR_TRY(look_again(one));
      continue;  // it dropped the item, or its partition, or found it still to do
    }
    ASHLAR_TRY(done);
    batch.erase(batch.begin());
  }
  return base::ok_status();
}

// Effects and positions in one transaction; `failed`: why the only item is parked instead.
base::Status Consumer::Impl::consume(std::span<const Item> items,
                                     const std::optional<base::Error>& failed) {
  const std::string text = failed ? kept(*failed) : std::string();
  std::optional<store::Failure> first;
  if (failed) {
    first = failure(1, *failed, items.front().malformed.has_value());
    first->error = text;
  }
  int effects = 0;
  ASHLAR_TRY(db.write(kContext, [&](Transaction& tx) {
    effects = 0;
    return consume_in(tx, items, first, effects);
  }));
  for (const Item& item : items) owned.at(item.at).next_offset = item.offset + 1;
  consumed.add(static_cast<std::uint64_t>(effects));
  effects_of_round += effects;
  return base::ok_status();
}

base::Status Consumer::Impl::consume_in(Transaction& tx, std::span<const Item> items,
                                        const std::optional<store::Failure>& failed, int& effects) {
  std::map<TopicPartition, std::int64_t> ends;
  for (const Item& item : items) ends[item.at] = item.offset + 1;
  std::map<TopicPartition, bool> any_waiting;
  for (const auto& [at, end] : ends) {
    ASHLAR_TRY(store::move(tx, row(at), owned.at(at), end, clock.now()));
    ASHLAR_ASSIGN(any_waiting[at], store::any_waiting(tx, row(at)));
  }
  for (const Item& item : items) {
    if (!failed) {
      ASHLAR_TRY(consume_item(tx, item, any_waiting.at(item.at), effects));
    } else {
      ASHLAR_TRY(park(tx, item, *failed));
    }
  }
  return base::ok_status();
}

base::Status Consumer::Impl::consume_item(Transaction& tx, const Item& item, bool any_waiting,
                                          int& effects) {
  if (!wanted(item.event)) return base::ok_status();
  if (any_waiting) {
    ASHLAR_ASSIGN(const bool behind, store::has_waiting(tx, row(item.at), item.key));
    if (behind) {
      return store::park(tx, row(item.at),
                         {.event = item.event,
                          .record_key = item.key,
                          .offset = item.offset,
                          .attempts = 0,
                          .state = store::ParkedState::kWaiting,
                          .next_at = base::from_micros(store::kBehind),
                          .error = {}},
                         clock.now());
    }
  }
  ++effects;
  return options.events.consume(tx, item.event);
}

base::Status Consumer::Impl::park(Transaction& tx, const Item& item,
                                  const store::Failure& failure) {
  return store::park(tx, row(item.at),
                     {.event = item.event,
                      .record_key = item.key,
                      .offset = item.offset,
                      .attempts = failure.attempts,
                      .state = failure.state,
                      .next_at = failure.next_at,
                      .error = failure.error},
                     clock.now());
}

// The row is not as we thought. Under our epoch: a commit of ours whose answer was lost had been
// made. Under another: the partition is another's, and the group will tell us so.
base::Status Consumer::Impl::look_again(std::span<const Item> items) {
  for (const Item& item : items) {
    const auto found = owned.find(item.at);
    if (found == owned.end()) continue;
    ASHLAR_ASSIGN(const auto now, db.read(kContext, [&](Transaction& tx) {
      return store::find(tx, row(item.at));
    }));
    const TopicPartition at = item.at;
    if (!now || now->epoch != found->second.epoch) {
      log.info(
          "kafka consumer: fenced",
          {{"consumer", options.events.name}, {"topic", at.topic}, {"partition", at.partition}});
      let_go({at});
      continue;
    }
    found->second = *now;
    std::erase_if(batch, [&](const Item& other) {
      return other.at == at && other.offset < now->next_offset;
    });
  }
  return base::ok_status();
}

store::Failure Consumer::Impl::failure(int attempts, const base::Error& error, bool hopeless) {
  store::Failure failure{.attempts = attempts,
                         .state = store::ParkedState::kWaiting,
                         .next_at = clock.now(),
                         .error = {}};
  failed_total.add();
  if (hopeless || attempts >= options.events.max_attempts) {
    died.add();
    log.warn("record became a dead letter",
             {{"consumer", options.events.name}, {"attempts", attempts}, {"reason", error.reason}});
    failure.state = store::ParkedState::kDead;
    return failure;
  }
  const auto& delays = options.events.retry.delays;
  const auto nth = std::min(static_cast<std::size_t>(attempts - 1), delays.size() - 1);
  const double jitter = 1.0 + options.events.retry.jitter * random.unit();
  failure.next_at += std::chrono::ceil<base::Micros>(delays[nth] * jitter);
  return failure;
}

base::Status Consumer::Impl::retry_due() {
  std::vector<TopicPartition> mine;
  for (const auto& [at, one] : owned) mine.push_back(at);
  for (const TopicPartition& at : mine) {
    ASHLAR_ASSIGN(const auto due, db.read(kContext, [&](Transaction& tx) {
      return store::due(tx, row(at), clock.now(), kDueAtOnce);
    }));
    for (const store::Parked& parked : due) {
      base::Status done = retry(at, parked);
      if (!done.ok() && !is_fenced(done.error()) && !is_weather(done.error())) {
        done = fail(at, parked, done.error());
      }
      if (!done.ok() && is_fenced(done.error())) break;  // another's, or it was done already
      ASHLAR_TRY(done);
    }
  }
  return base::ok_status();
}

base::Status Consumer::Impl::retry(const TopicPartition& at, const store::Parked& parked) {
  const std::int64_t epoch = owned.at(at).epoch;
  ASHLAR_TRY(db.write(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::check_epoch(tx, row(at), epoch));
    ASHLAR_TRY(store::unpark(tx, parked.id));
    ASHLAR_TRY(options.events.consume(tx, parked.event));
    return store::promote(tx, row(at), parked.record_key, clock.now());
  }));
  consumed.add();
  ++effects_of_round;
  return base::ok_status();
}

base::Status Consumer::Impl::fail(const TopicPartition& at, const store::Parked& parked,
                                  const base::Error& error) {
  const std::int64_t epoch = owned.at(at).epoch;
  const std::string text = kept(error);
  store::Failure next = failure(parked.attempts + 1, error);
  next.error = text;
  return db.write(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::check_epoch(tx, row(at), epoch));
    ASHLAR_TRY(store::fail_parked(tx, parked.id, next, clock.now()));
    if (next.state == store::ParkedState::kWaiting) return base::ok_status();
    return store::promote(tx, row(at), parked.record_key, clock.now());
  });
}

void Consumer::Impl::measure() {
  std::int64_t behind = 0;
  std::map<TopicPartition, std::int64_t> offsets;
  for (const auto& [at, one] : owned) {
    offsets[at] = one.next_offset;
    const auto bounds = reader->last_bounds(at);
    if (bounds) behind += std::max<std::int64_t>(0, bounds->high - one.next_offset);
  }
  lag.set(behind);
  partitions_gauge.set(static_cast<std::int64_t>(owned.size()));
  seen_lag = behind;
  seen_partitions = static_cast<std::int64_t>(owned.size());
  const base::Mono now = clock.mono();
  if (now < show_at) return;
  show_at = now + kShow;
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
