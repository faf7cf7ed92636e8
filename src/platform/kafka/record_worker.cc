#include "platform/kafka/record_worker.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::kafka {
namespace {

using storage::Transaction;

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);
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

RecordWorker::RecordWorker(const events::ConsumerOptions& options, std::string instance,
                           std::uint64_t seed, storage::Database& db, const base::Clock& clock,
                           obs::Registry& metrics, obs::Log& log)
    : options_(options),
      instance_(std::move(instance)),
      db_(db),
      clock_(clock),
      log_(log),
      random_(seed),
      consumed_(metrics.make_counter("ashlar_kafka_consumed_total",
                                     "Records of Kafka whose effect a consumer has committed.",
                                     {{"consumer", options.name}})),
      failed_(metrics.make_counter("ashlar_kafka_failed_total",
                                   "Attempts of single records that failed.",
                                   {{"consumer", options.name}})),
      died_(metrics.make_counter("ashlar_kafka_dead_total", "Records that became dead letters.",
                                 {{"consumer", options.name}})) {}

bool RecordWorker::wanted(const events::Event& event) const {
  const auto& types = options_.types;
  return std::any_of(types.begin(), types.end(), [&](const std::string& pattern) {
    return events::type_fits(pattern, event.type);
  });
}

base::Result<std::vector<store::Claim>> RecordWorker::claim(
    const std::vector<TopicPartition>& partitions) {
  const auto all = [&](Transaction& tx) -> base::Result<std::vector<store::Claim>> {
    std::vector<store::Claim> claims;
    for (const TopicPartition& at : partitions) {
      ASHLAR_ASSIGN(const store::Claim one, store::claim(tx, row(at), instance_, clock_.now()));
      claims.push_back(one);
    }
    return claims;
  };
  return db_.write(kContext, all);
}

base::Status RecordWorker::begin(const TopicPartition& at, store::Claim& claim,
                                 std::int64_t offset) {
  ASHLAR_TRY(db_.write(kContext, [&](Transaction& tx) {
    return store::move(tx, row(at), claim, offset, clock_.now());
  }));
  claim.next_offset = offset;
  return base::ok_status();
}

base::Status RecordWorker::skip_to(const TopicPartition& at, std::int64_t offset) {
  return begin(at, owned_.at(at), offset);
}

void RecordWorker::let_go(const TopicPartition& at) {
  owned_.erase(at);
  std::erase_if(batch_, [&](const Item& item) { return item.at == at; });
}

void RecordWorker::let_go_all() {
  owned_.clear();
  batch_.clear();
}

void RecordWorker::add(Fetched fetched) {
  const Place& place = fetched.place;
  TopicPartition at{place.topic, place.partition};
  const auto found = owned_.find(at);
  if (found == owned_.end() || place.offset < found->second.next_offset) return;
  auto event = from_record(fetched.record, place);
  // Without a key there is no order to keep: none waits for another.
  std::string key =
      fetched.record.key.empty() ? '\0' + std::to_string(place.offset) : fetched.record.key;
  batch_.push_back({.at = std::move(at),
                    .offset = place.offset,
                    .key = std::move(key),
                    .event = event.ok() ? std::move(*event) : raw_event(fetched.record, place),
                    .malformed = event.ok() ? std::nullopt : std::optional(event.error())});
}

// An error: storage does not answer; what is left of the batch_ stays.
base::Status RecordWorker::apply() {
  const bool plain = std::none_of(batch_.begin(), batch_.end(),
                                  [](const Item& item) { return item.malformed.has_value(); });
  if (plain) {
    const base::Status done = consume(batch_, std::nullopt);
    if (done.ok()) {
      batch_.clear();
      return done;
    }
    if (is_weather(done.error())) return done;
  }
  return apply_one_by_one();
}

base::Status RecordWorker::apply_one_by_one() {
  while (!batch_.empty()) {
    const Item item = batch_.front();
    const std::span<const Item> one(&item, 1);
    base::Status done = item.malformed ? consume(one, item.malformed) : consume(one, std::nullopt);
    if (!done.ok() && !is_weather(done.error()) && !is_fenced(done.error())) {
      done = consume(one, done.error());
    }
    if (!done.ok() && is_fenced(done.error())) {
      ASHLAR_TRY(look_again(item.at));
      continue;  // it dropped the item, or its partition, or found it still to do
    }
    ASHLAR_TRY(done);
    batch_.erase(batch_.begin());
  }
  return base::ok_status();
}

// Effects and positions in one transaction; `failed`: why the only item is parked instead.
base::Status RecordWorker::consume(std::span<const Item> items,
                                   const std::optional<base::Error>& failed) {
  const std::string text = failed ? kept(*failed) : std::string();
  std::optional<store::Failure> first;
  if (failed) {
    first = failure(1, *failed, items.front().malformed.has_value());
    first->error = text;
  }
  int effects = 0;
  ASHLAR_TRY(db_.write(kContext, [&](Transaction& tx) {
    effects = 0;
    return consume_in(tx, items, first, effects);
  }));
  for (const Item& item : items) owned_.at(item.at).next_offset = item.offset + 1;
  consumed_.add(static_cast<std::uint64_t>(effects));
  effects_ += effects;
  return base::ok_status();
}

base::Status RecordWorker::consume_in(Transaction& tx, std::span<const Item> items,
                                      const std::optional<store::Failure>& failed, int& effects) {
  std::map<TopicPartition, std::int64_t> ends;
  for (const Item& item : items) ends[item.at] = item.offset + 1;
  std::map<TopicPartition, bool> any_waiting;
  for (const auto& [at, end] : ends) {
    ASHLAR_TRY(store::move(tx, row(at), owned_.at(at), end, clock_.now()));
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

base::Status RecordWorker::consume_item(Transaction& tx, const Item& item, bool any_waiting,
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
                         clock_.now());
    }
  }
  ++effects;
  return options_.consume(tx, item.event);
}

base::Status RecordWorker::park(Transaction& tx, const Item& item, const store::Failure& failure) {
  return store::park(tx, row(item.at),
                     {.event = item.event,
                      .record_key = item.key,
                      .offset = item.offset,
                      .attempts = failure.attempts,
                      .state = failure.state,
                      .next_at = failure.next_at,
                      .error = failure.error},
                     clock_.now());
}

// The row is not as we thought. Under our epoch: a commit of ours whose answer was lost had been
// made. Under another: the partition is another's, and the group will tell us so.
base::Status RecordWorker::look_again(const TopicPartition& at) {
  ASHLAR_ASSIGN(const auto now,
                db_.read(kContext, [&](Transaction& tx) { return store::find(tx, row(at)); }));
  const auto found = owned_.find(at);
  if (found == owned_.end()) return base::ok_status();
  if (!now || now->epoch != found->second.epoch) {
    log_.info("kafka consumer: fenced",
              {{"consumer", options_.name}, {"topic", at.topic}, {"partition", at.partition}});
    let_go(at);
    return base::ok_status();
  }
  found->second = *now;
  std::erase_if(
      batch_, [&](const Item& other) { return other.at == at && other.offset < now->next_offset; });
  return base::ok_status();
}

store::Failure RecordWorker::failure(int attempts, const base::Error& error, bool hopeless) {
  store::Failure failure{.attempts = attempts,
                         .state = store::ParkedState::kWaiting,
                         .next_at = clock_.now(),
                         .error = {}};
  failed_.add();
  if (hopeless || attempts >= options_.max_attempts) {
    died_.add();
    log_.warn("record became a dead letter",
              {{"consumer", options_.name}, {"attempts", attempts}, {"reason", error.reason}});
    failure.state = store::ParkedState::kDead;
    return failure;
  }
  const auto& delays = options_.retry.delays;
  const auto nth = std::min(static_cast<std::size_t>(attempts - 1), delays.size() - 1);
  const double jitter = 1.0 + options_.retry.jitter * random_.unit();
  failure.next_at += std::chrono::ceil<base::Micros>(delays[nth] * jitter);
  return failure;
}

base::Status RecordWorker::retry_due() {
  std::vector<TopicPartition> mine;
  for (const auto& [at, one] : owned_) mine.push_back(at);
  for (const TopicPartition& at : mine) {
    ASHLAR_ASSIGN(const auto due, db_.read(kContext, [&](Transaction& tx) {
      return store::due(tx, row(at), clock_.now(), kDueAtOnce);
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

base::Status RecordWorker::retry(const TopicPartition& at, const store::Parked& parked) {
  const std::int64_t epoch = owned_.at(at).epoch;
  ASHLAR_TRY(db_.write(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::check_epoch(tx, row(at), epoch));
    ASHLAR_TRY(store::unpark(tx, parked.id));
    ASHLAR_TRY(options_.consume(tx, parked.event));
    return store::promote(tx, row(at), parked.record_key, clock_.now());
  }));
  consumed_.add();
  ++effects_;
  return base::ok_status();
}

base::Status RecordWorker::fail(const TopicPartition& at, const store::Parked& parked,
                                const base::Error& error) {
  const std::int64_t epoch = owned_.at(at).epoch;
  const std::string text = kept(error);
  store::Failure next = failure(parked.attempts + 1, error, false);
  next.error = text;
  return db_.write(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::check_epoch(tx, row(at), epoch));
    ASHLAR_TRY(store::fail_parked(tx, parked.id, next, clock_.now()));
    if (next.state == store::ParkedState::kWaiting) return base::ok_status();
    return store::promote(tx, row(at), parked.record_key, clock_.now());
  });
}

}  // namespace ashlar::kafka
