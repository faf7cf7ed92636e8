#include "modules/limits/live_feed.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "platform/http/event_stream.h"
#include "platform/json/writer.h"
#include "platform/security/key_notice.h"
#include "platform/storage/database.h"

namespace ashlar::limits {
namespace {

std::uint64_t requests(const RuleCounts& counts) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts.by) sum += count;
  return sum;
}

std::string event_data(std::vector<const RuleSecond*> rules, base::Time at) {
  const auto busier = [](const RuleSecond* a, const RuleSecond* b) {
    const std::uint64_t of_a = requests(a->counts);
    const std::uint64_t of_b = requests(b->counts);
    return of_a != of_b ? of_a > of_b : a->name < b->name;
  };
  std::sort(rules.begin(), rules.end(), busier);
  if (rules.size() > LiveFeed::kMaxRules) rules.resize(LiveFeed::kMaxRules);
  std::string data;
  json::Writer json(data);
  const auto number = [&](const char* name, std::uint64_t count) {
    json.key(name).integer(static_cast<std::int64_t>(count));
  };
  json.begin_object().key("at").string(base::format_rfc3339(at)).key("rules").begin_array();
  for (const RuleSecond* rule : rules) {
    const RuleCounts& counts = rule->counts;
    json.begin_object().key("rule").string(rule->name);
    number("allowed", counts.of(Verdict::kAllowed));
    number("denied", counts.of(Verdict::kDenied));
    number("shadow_denied", counts.of(Verdict::kShadowDenied));
    number("failed", counts.of(Verdict::kFailedOpen) + counts.of(Verdict::kFailedClosed) +
                         counts.of(Verdict::kFailedLocal));
    json.end_object();
  }
  json.end_array().end_object();
  return data;
}

}  // namespace

LiveFeed::LiveFeed(storage::Database& db, const base::Clock& clock) : clock_(clock) {
  db.subscribe(std::string(security::kKeysChannel),
               [this](const storage::Database::Notice& notice) {
                 const auto ended = security::parse_key_notice(notice.payload);
                 if (notice.resync || !ended) {
                   end_streams([](const Watcher&) { return true; });
                 } else if (const auto* key = std::get_if<security::KeyId>(&*ended)) {
                   end_streams([&](const Watcher& watcher) { return watcher.key == *key; });
                 } else {
                   const auto tenant = std::get<base::TenantId>(*ended);
                   end_streams([&](const Watcher& watcher) { return watcher.tenant == tenant; });
                 }
               });
}

template <class Ends>
void LiveFeed::end_streams(const Ends& ends) {
  const std::lock_guard lock(mutex_);
  for (const Watcher& watcher : watchers_) {
    if (ends(watcher)) watcher.stream->close();
  }
  std::erase_if(watchers_, ends);
}

void LiveFeed::drop_ended() {
  const base::Mono now = clock_.mono();
  for (const Watcher& watcher : watchers_) {
    if (now >= watcher.ends_at) watcher.stream->close();
  }
  std::erase_if(watchers_, [now](const Watcher& watcher) {
    return now >= watcher.ends_at || !watcher.stream->is_open();
  });
}

base::Status LiveFeed::watch(const security::Principal& who, base::TenantId owner,
                             std::shared_ptr<http::EventStream> stream) {
  const std::lock_guard lock(mutex_);
  drop_ended();
  const auto of_owner = std::count_if(watchers_.begin(), watchers_.end(),
                                      [&](const Watcher& w) { return w.owner == owner; });
  if (closed_ || watchers_.size() >= kMaxWatchers ||
      of_owner >= static_cast<std::ptrdiff_t>(kMaxWatchersPerTenant)) {
    return base::fail(base::Code::kTooMany, "too_many_streams",
                      "Too many streams of limits are open; close one.");
  }
  watchers_.push_back({owner, who.tenant, who.key, clock_.mono() + kMaxAge, std::move(stream)});
  return base::ok_status();
}

void LiveFeed::publish(std::span<const RuleSecond> seconds, base::Time at) {
  const std::lock_guard lock(mutex_);
  drop_ended();
  std::map<base::TenantId, std::vector<const RuleSecond*>> by_owner;
  for (const Watcher& watcher : watchers_) by_owner[watcher.owner];
  if (by_owner.empty()) return;
  for (const RuleSecond& second : seconds) {
    const auto owner = by_owner.find(second.owner);
    if (owner != by_owner.end()) owner->second.push_back(&second);
  }
  for (auto& [owner, rules] : by_owner) {
    const std::string data = event_data(std::move(rules), at);
    for (const Watcher& watcher : watchers_) {
      // A stream that is gone says so with is_open() as well, and drop_ended() forgets it.
      if (watcher.owner == owner) static_cast<void>(watcher.stream->push("limits", data));
    }
  }
}

void LiveFeed::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const Watcher& watcher : watchers_) watcher.stream->close();
  watchers_.clear();
}

}  // namespace ashlar::limits
