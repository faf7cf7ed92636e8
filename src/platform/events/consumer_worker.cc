#include "platform/events/consumer_worker.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::events {
namespace {

using storage::Transaction;

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);
constexpr std::int64_t kDueAtOnce = 50;
constexpr std::size_t kMaxErrorBytes = 2048;
constexpr base::Millis kRenewAfter = Consumers::kLease / 3;
constexpr base::Millis kSeenAgainAfter{3'600'000};  // long before kForgotten

bool is_fenced(const base::Error& error) {
  return std::string_view(error.reason) == "consumer_fenced";
}

// Nobody's event is to blame; the next attempt may succeed with the same.
bool is_weather(const base::Error& error) {
  const std::string_view reason = error.reason;
  return reason == "storage_unavailable" || reason == "storage_busy" || reason == "storage_full" ||
         reason == "storage_conflict";
}

bool is_of_events(const base::Error& error) { return !is_fenced(error) && !is_weather(error); }

// What is kept of an error: UTF-8 without NUL, bounded.
std::string kept(const base::Error& error) {
  std::string text = std::string(error.reason) + ": " + error.detail;
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (text.size() > kMaxErrorBytes) text.resize(kMaxErrorBytes);
  while (!text.empty() && !base::is_utf8(text)) text.pop_back();
  return text;
}

}  // namespace

ConsumerWorker::ConsumerWorker(ConsumerOptions options, std::string instance, bool alone,
                               std::uint64_t seed, storage::Database& db, const base::Clock& clock,
                               obs::Registry& metrics, obs::Log& log)
    : options_(std::move(options)),
      instance_(std::move(instance)),
      alone_(alone),
      db_(db),
      clock_(clock),
      log_(log),
      random_(seed),
      reader_(db, packed_types(options_.types)),
      consumed_(metrics.make_counter("ashlar_events_consumed_total",
                                     "Events whose effect a consumer has committed.",
                                     {{"consumer", options_.name}})),
      failed_(metrics.make_counter("ashlar_events_failed_total",
                                   "Attempts of single events that failed.",
                                   {{"consumer", options_.name}})),
      died_(metrics.make_counter("ashlar_events_dead_total", "Events that became dead letters.",
                                 {{"consumer", options_.name}})),
      lag_events_(metrics.make_gauge("ashlar_events_lag",
                                     "Committed events that a consumer has not passed yet, "
                                     "100,000 at most.",
                                     {{"consumer", options_.name}})),
      lag_s_(std::make_shared<std::atomic<double>>(0)),
      parked_(metrics.make_gauge("ashlar_events_parked",
                                 "Events that wait for another attempt, or behind one that does.",
                                 {{"consumer", options_.name}})),
      dead_(metrics.make_gauge("ashlar_events_dead", "Dead letters of a consumer.",
                               {{"consumer", options_.name}})) {
  metrics.make_gauge_callback(
      "ashlar_events_lag_seconds", "Age of the oldest event that a consumer has not passed yet.",
      {{"consumer", options_.name}}, [seconds = lag_s_] { return seconds->load(); });
  CHECK(!options_.name.empty() && options_.consume && !options_.types.empty());
  CHECK(options_.batch > 0 && options_.max_attempts > 0 && !options_.retry.delays.empty());
  for (const std::string& type : options_.types) CHECK(is_type_pattern(type));
}

base::Status ConsumerWorker::register_row() {
  if (registered_) return base::ok_status();
  LogPosition start = reader_.oldest();
  if (!options_.from_start) {
    ASHLAR_ASSIGN(start, reader_.newest());
  }
  ASHLAR_TRY(db_.write(kContext, [&](Transaction& tx) {
    return store::add_consumer(tx, options_.name, packed_types(options_.types), start,
                               clock_.now());
  }));
  registered_ = true;
  return base::ok_status();
}

base::Result<bool> ConsumerWorker::step() {
  base::Result<bool> more = work();
  // A commit whose answer was lost may have come about: the lease is taken anew, and with it the
  // position as it is kept. (A commit under way holds the row; who takes the lease waits for it.)
  if (!more.ok()) epoch_ = 0;
  return more;
}

base::Result<bool> ConsumerWorker::work() {
  ASHLAR_TRY(register_row());
  ASHLAR_ASSIGN(const bool held, hold_lease());
  if (!held) return false;
  ASHLAR_ASSIGN(const bool retried, retry_parked());
  ASHLAR_ASSIGN(const bool more, consume_page());
  return retried || more;
}

base::Result<bool> ConsumerWorker::hold_lease() {
  const base::Time now = clock_.now();
  // A clock that was set back would leave the lease unrenewed for as long.
  if (epoch_ != 0 && now >= renewed_ && now - renewed_ < renew_after()) return true;
  if (epoch_ != 0) {
    const base::Status renewed = db_.write(kContext, [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(move(tx, position_));
      return base::ok_status();
    });
    if (renewed.ok()) {
      committed(position_);
      return true;
    }
    if (!is_fenced(renewed.error())) return renewed.error();
    epoch_ = 0;
  }
  const store::Lease wanted{options_.name, instance_, 0, now + Consumers::kLease, now, alone_};
  ASHLAR_ASSIGN(const auto row, db_.write(kContext, [&](Transaction& tx) {
    return store::take_lease(tx, wanted);
  }));
  if (!row) return false;
  epoch_ = row->epoch;
  position_ = written_ = row->position;
  renewed_ = now;
  return true;
}

// Who is alone loses the lease to nobody: where nothing happens nothing is written.
base::Millis ConsumerWorker::renew_after() const {
  return alone_ && position_ == written_ ? kSeenAgainAfter : kRenewAfter;
}

void ConsumerWorker::end_lease() {
  if (epoch_ == 0) return;
  // What fails here only makes others wait until the lease has run out.
  const base::Status ended = db_.write(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(move(tx, position_));
    return store::end_lease(tx, {options_.name, instance_, epoch_, {}, {}, false});
  });
  if (!ended.ok()) log_.info("consumer's lease not given back", {{"consumer", options_.name}});
  epoch_ = 0;
}

base::Result<bool> ConsumerWorker::move(Transaction& tx, const LogPosition& position) {
  moving_at_ = clock_.now();
  return store::move(
      tx, {options_.name, instance_, epoch_, moving_at_ + Consumers::kLease, moving_at_, false},
      position);
}

void ConsumerWorker::committed(const LogPosition& position) {
  position_ = written_ = position;
  renewed_ = moving_at_;
}

base::Result<bool> ConsumerWorker::consume_page() {
  ASHLAR_ASSIGN(const LogPage page, reader_.read(position_, options_.batch));
  if (page.events.empty()) {
    position_ = page.end;
    return page.more;
  }
  const base::Status done = consume(page.events, page.end);
  if (done.ok()) return page.more;
  if (is_fenced(done.error())) {
    epoch_ = 0;
    return true;
  }
  if (is_weather(done.error())) return done.error();
  ASHLAR_TRY(consume_halves(page, 0, page.events.size()));
  return true;
}

// Halves until those that fail stand alone: a few among many cost a few commits.
base::Status ConsumerWorker::consume_halves(const LogPage& page, std::size_t first,
                                            std::size_t count) {
  const std::size_t left = count / 2;
  for (const auto& [begin, size] :
       {std::pair{first, left}, std::pair{first + left, count - left}}) {
    if (size == 0 || epoch_ == 0) continue;
    const LogPosition end = page.after(begin + size - 1);
    base::Status done = consume(std::span(page.events).subspan(begin, size), end);
    if (!done.ok() && is_of_events(done.error())) {
      done = size > 1 ? consume_halves(page, begin, size)
                      : park(page.events[begin], done.error(), end);
    }
    if (done.ok()) continue;
    if (!is_fenced(done.error())) return done;
    epoch_ = 0;
  }
  return base::ok_status();
}

base::Status ConsumerWorker::consume(std::span<const Event> events, const LogPosition& end) {
  std::int64_t consumed = 0;
  ASHLAR_TRY(
      db_.write(kContext, [&](Transaction& tx) { return consume_in(tx, events, end, consumed); }));
  committed(end);
  consumed_.add(static_cast<std::uint64_t>(consumed));
  return base::ok_status();
}

base::Status ConsumerWorker::consume_in(Transaction& tx, std::span<const Event> events,
                                        const LogPosition& end, std::int64_t& consumed) {
  consumed = 0;
  ASHLAR_ASSIGN(const bool any_parked, move(tx, end));
  std::unordered_set<std::string> parked;
  if (any_parked) {
    std::vector<std::string> keys;
    keys.reserve(events.size());
    for (const Event& event : events) keys.push_back(event.key());
    ASHLAR_ASSIGN(const auto found, store::parked_among(tx, options_.name, keys));
    parked.insert(found.begin(), found.end());
  }
  std::vector<std::int64_t> behind;
  for (const Event& event : events) {
    if (!parked.empty() && parked.contains(event.key())) {
      behind.push_back(event.seq.value);
      continue;
    }
    ASHLAR_TRY(options_.consume(tx, event));
    ++consumed;
  }
  if (behind.empty()) return base::ok_status();
  return store::park_behind(tx, options_.name, behind, clock_.now());
}

store::Failure ConsumerWorker::failure(int attempts, const base::Error& error) {
  failed_.add();
  store::Failure failure{attempts, std::nullopt, error.detail, clock_.now()};
  if (attempts >= options_.max_attempts) {
    died_.add();
    log_.warn("event became a dead letter",
              {{"consumer", options_.name}, {"attempts", attempts}, {"reason", error.reason}});
    return failure;
  }
  const auto& delays = options_.retry.delays;
  const auto nth = std::min(static_cast<std::size_t>(attempts - 1), delays.size() - 1);
  const double jitter = 1.0 + options_.retry.jitter * random_.unit();
  failure.next_at = failure.now + std::chrono::ceil<base::Micros>(delays[nth] * jitter);
  return failure;
}

base::Status ConsumerWorker::park(const Event& event, const base::Error& error,
                                  const LogPosition& end) {
  store::Failure first = failure(1, error);
  const std::string text = kept(error);
  first.error = text;
  ASHLAR_TRY(db_.write(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(move(tx, end));
    return store::park(tx, options_.name, event, first);
  }));
  committed(end);
  return base::ok_status();
}

base::Result<bool> ConsumerWorker::retry_parked() {
  ASHLAR_ASSIGN(const std::vector<store::Parked> due, db_.read(kContext, [&](Transaction& tx) {
    return store::due(tx, options_.name, clock_.now(), kDueAtOnce);
  }));
  for (const store::Parked& parked : due) {
    // One that has not failed yet was behind one that did: those behind it come along.
    const int most = parked.attempts == 0 ? options_.batch : 1;
    base::Status done = retry(parked, most);
    if (!done.ok() && most > 1 && is_of_events(done.error())) done = retry(parked, 1);
    if (!done.ok() && is_of_events(done.error())) done = fail(parked, done.error());
    if (done.ok()) continue;
    if (!is_fenced(done.error())) return done.error();
    epoch_ = 0;
    return true;
  }
  return !due.empty();
}

base::Status ConsumerWorker::retry(const store::Parked& first, int most) {
  std::uint64_t consumed = 0;
  ASHLAR_TRY(db_.write(kContext, [&](Transaction& tx) -> base::Status {
    consumed = 0;
    ASHLAR_TRY(move(tx, position_));
    ASHLAR_ASSIGN(const std::vector<store::Parked> parked,
                  store::parked_of(tx, options_.name, first.key, first.id, most));
    if (parked.empty()) return base::ok_status();
    for (const store::Parked& one : parked) {
      if (!one.event) continue;  // its tenant was erased
      ASHLAR_TRY(options_.consume(tx, *one.event));
      ++consumed;
    }
    ASHLAR_TRY(store::unpark(tx, options_.name, first.key, parked.back().id));
    return store::promote(tx, options_.name, first.key, clock_.now());
  }));
  committed(position_);
  consumed_.add(consumed);
  return base::ok_status();
}

base::Status ConsumerWorker::fail(const store::Parked& parked, const base::Error& error) {
  store::Failure next = failure(parked.attempts + 1, error);
  const std::string text = kept(error);
  next.error = text;
  ASHLAR_TRY(db_.write(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(move(tx, position_));
    ASHLAR_ASSIGN(const bool there, store::fail_parked(tx, parked.id, next));
    if (!there || next.next_at) return base::ok_status();
    return store::promote(tx, options_.name, parked.key, clock_.now());
  }));
  committed(position_);
  return base::ok_status();
}

base::Status ConsumerWorker::measure() {
  store::Lag lag;
  store::ParkedCounts counts;
  ASHLAR_TRY(db_.read(kContext, [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const auto row, store::find_consumer(tx, options_.name));
    if (!row) return base::ok_status();
    ASHLAR_ASSIGN(lag, store::lag(tx, row->position, row->types));
    ASHLAR_ASSIGN(counts, store::count_parked(tx, options_.name));
    return base::ok_status();
  }));
  lag_events_.set(lag.events);
  const std::chrono::duration<double> age =
      lag.oldest ? clock_.now() - *lag.oldest : base::Micros{0};
  lag_s_->store(std::max(0.0, age.count()));
  parked_.set(counts.parked);
  dead_.set(counts.dead);
  return base::ok_status();
}

}  // namespace ashlar::events
