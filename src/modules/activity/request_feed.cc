#include "modules/activity/request_feed.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "modules/activity/activity_log.h"
#include "platform/http/router.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::activity {
namespace {

std::string_view as_key(const std::string& text) {
  return std::string_view(text).substr(0, Tally::kMaxKeyBytes);
}

std::uint64_t answers_of(const http::Endpoint& endpoint) {
  std::uint64_t sum = 0;
  for (const obs::Counter* counter : endpoint.answers) {
    if (counter != nullptr) sum += counter->value();
  }
  return sum;
}

}  // namespace

RequestFeed::RequestFeed(ActivityLog& log, const base::Clock& clock, obs::Registry& metrics,
                         obs::Log& messages)
    : log_(log),
      clock_(clock),
      messages_(messages),
      lost_(metrics.make_counter("ashlar_activity_own_lost_total",
                                 "Counts of Ashlar's own requests given up because storage "
                                 "failed.")) {}

void RequestFeed::watch(const http::Router& router) {
  for (const http::Endpoint& endpoint : router.endpoints()) {
    if (!endpoint.route.documented) continue;
    const std::string name = std::string(http::method_name(endpoint.route.method)) + " " +
                             std::string(endpoint.route.path.value);
    watched_.push_back({&endpoint, name, answers_of(endpoint)});
  }
}

void RequestFeed::on_request(const http::Route& route, const security::Principal& who) {
  if (!route.documented || who.kind == security::Principal::Kind::kNobody) return;
  const Caller caller{who.tenant, who.key};
  Shard& shard = shards_[obs::thread_shard()];
  const std::lock_guard lock(shard.mutex);
  auto found = shard.callers.find(caller);
  if (found == shard.callers.end()) {
    if (shard.callers.size() >= kMaxCallers) {
      ++shard.others;
      return;
    }
    found = shard.callers.emplace(caller, Seen{who.tenant_name, 0}).first;
  }
  ++found->second.requests;
}

void RequestFeed::count_callers(Tally& tally, std::int64_t second) {
  for (Shard& shard : shards_) {
    std::map<Caller, Seen> callers;
    std::uint64_t others = 0;
    {
      const std::lock_guard lock(shard.mutex);
      callers.swap(shard.callers);
      others = std::exchange(shard.others, 0);
    }
    for (const auto& [caller, seen] : callers) {
      const std::string user =
          caller.key.is_set() ? seen.tenant + "/" + caller.key.to_string() : "administrator";
      tally.add("user", second, as_key(user), seen.requests);
      if (!seen.tenant.empty()) tally.add("tenant", second, as_key(seen.tenant), seen.requests);
    }
    if (others > 0) tally.add("user", second, "(others)", others);
  }
}

void RequestFeed::count_endpoints(Tally& tally, std::int64_t second) {
  for (Watched& one : watched_) {
    const std::uint64_t all = answers_of(*one.endpoint);
    const std::uint64_t fresh = all - std::exchange(one.counted, all);
    if (fresh > 0) tally.add("endpoint", second, as_key(one.name), fresh);
  }
}

void RequestFeed::flush() {
  Tally tally;
  const std::int64_t second = base::to_unix_seconds(clock_.now());
  count_callers(tally, second);
  count_endpoints(tally, second);
  if (tally.empty()) return;
  tally.settle();
  const std::size_t entries = tally.entries();
  if (const base::Status written = log_.record_own(std::move(tally)); !written.ok()) {
    lost_.add(entries);
    messages_.warn("own activity not written", {{"reason", written.error().detail}});
  }
}

}  // namespace ashlar::activity
