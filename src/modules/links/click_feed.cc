#include "modules/links/click_feed.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/link_subjects.h"
#include "modules/links/analytics/subject.h"
#include "modules/links/clicks_store.h"
#include "platform/http/event_stream.h"
#include "platform/json/writer.h"
#include "platform/security/key_notice.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr std::size_t kMaxSentTotals = 10'000;

void write_values(json::Writer& json, std::string_view key, const analytics::Rollup& visits,
                  analytics::Dimension dimension) {
  json.key(key).begin_object();
  visits.each_value(dimension, [&](std::string_view value, const analytics::Tally& tally) {
    json.key(value).integer(tally.clicks);
  });
  json.end_object();
}

// Of one link, its hours added up.
analytics::Rollup visits_of(const analytics::KeyedRollups& visits, const ClickCount& count) {
  analytics::Rollup all;
  const std::string subject = analytics::Subject::link(count.link).key;
  for (auto at = visits.lower_bound({count.tenant, subject, 0});
       at != visits.end() && at->first.tenant == count.tenant && at->first.subject == subject;
       ++at) {
    all.merge(at->second.rollup);
  }
  return all;
}

std::string event_data(const store::NamedTotal& named, std::int64_t clicks, std::int64_t total,
                       const analytics::Rollup& visits, base::Time at) {
  std::string data;
  json::Writer json(data);
  json.begin_object();
  if (!named.domain_host.empty()) json.key("domain").string(named.domain_host);
  json.key("code").string(named.code).key("clicks").integer(clicks);
  json.key("total").integer(total).key("at").string(base::format_rfc3339(at));
  write_values(json, "devices", visits, analytics::Dimension::kDevice);
  write_values(json, "countries", visits, analytics::Dimension::kCountry);
  json.end_object();
  return data;
}

}  // namespace

ClickFeed::ClickFeed(storage::Database& db, const base::Clock& clock,
                     std::optional<std::uint64_t> instance)
    : db_(db), clock_(clock) {
  if (instance) relay_.emplace(db, clock, *instance);
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
void ClickFeed::end_streams(const Ends& ends) {
  const std::lock_guard guard(mutex_);
  for (const Watcher& watcher : watchers_) {
    if (ends(watcher)) watcher.stream->close();
  }
  std::erase_if(watchers_, ends);
  watching_.store(watchers_.size());
}

void ClickFeed::drop_ended() {
  const base::Mono now = clock_.mono();
  for (const Watcher& watcher : watchers_) {
    if (now >= watcher.ends_at) watcher.stream->close();
  }
  std::erase_if(watchers_, [now](const Watcher& watcher) {
    return now >= watcher.ends_at || !watcher.stream->is_open();
  });
  watching_.store(watchers_.size());
  if (watchers_.empty()) sent_totals_.clear();
}

base::Status ClickFeed::watch(const security::Principal& who, Scope scope,
                              std::shared_ptr<http::EventStream> stream) {
  const std::lock_guard guard(mutex_);
  drop_ended();
  const auto of_tenant = std::count_if(watchers_.begin(), watchers_.end(),
                                       [&](const Watcher& w) { return w.tenant == who.tenant; });
  if (closed_ || watchers_.size() >= kMaxWatchers ||
      of_tenant >= static_cast<std::ptrdiff_t>(kMaxWatchersPerTenant)) {
    return base::fail(base::Code::kTooMany, "too_many_streams",
                      "Too many click streams are open; close one.");
  }
  watchers_.push_back(
      {who.tenant, who.key, std::move(scope), clock_.mono() + kMaxAge, std::move(stream)});
  watching_.store(watchers_.size());
  return base::ok_status();
}

// One count a link that somebody watches, hours added up; the busiest of each tenant.
std::vector<ClickCount> ClickFeed::watched(std::span<const ClickCount> counts) {
  std::vector<ClickCount> wanted;
  const std::lock_guard guard(mutex_);
  drop_ended();
  for (const ClickCount& count : counts) {
    const bool somebody = std::any_of(watchers_.begin(), watchers_.end(),
                                      [&](const Watcher& w) { return w.may_want(count); });
    if (!somebody) continue;
    if (!wanted.empty() && wanted.back().link == count.link) {
      wanted.back().clicks += count.clicks;
    } else {
      wanted.push_back(count);
    }
  }
  std::sort(wanted.begin(), wanted.end(), [](const ClickCount& a, const ClickCount& b) {
    if (a.tenant != b.tenant) return a.tenant < b.tenant;
    return a.clicks != b.clicks ? a.clicks > b.clicks : a.link < b.link;
  });
  std::size_t of_tenant = 0;
  base::TenantId tenant;
  std::erase_if(wanted, [&](const ClickCount& count) {
    of_tenant = count.tenant == tenant ? of_tenant + 1 : 1;
    tenant = count.tenant;
    return of_tenant > kMaxLinksPerFlush;
  });
  return wanted;
}

void ClickFeed::publish(std::span<const ClickCount> counts, const analytics::KeyedRollups& visits,
                        base::Time at) {
  if (relay_ && relay_->watched_elsewhere()) relay(counts, visits);
  if (watching_.load() != 0) deliver(watched(counts), visits, at, true);
}

void ClickFeed::relay(std::span<const ClickCount> counts, const analytics::KeyedRollups& visits) {
  const auto names = [](const analytics::Rollup& of, analytics::Dimension dimension) {
    std::map<std::string, std::int64_t, std::less<>> found;
    of.each_value(dimension, [&](std::string_view value, const analytics::Tally& tally) {
      found[std::string(value)] += tally.clicks;
    });
    return found;
  };
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const ClickCount& count = counts[i];
    if (!relay_->watched_elsewhere(count.tenant)) continue;
    LiveClicks clicks{count.tenant, count.link, count.clicks};
    // Its hours stand side by side, and its visits are those of all of them.
    if (i == 0 || counts[i - 1].link != count.link) {
      const analytics::Rollup of_link = visits_of(visits, count);
      clicks.devices = names(of_link, analytics::Dimension::kDevice);
      clicks.countries = names(of_link, analytics::Dimension::kCountry);
    }
    relay_->add(clicks);
  }
}

std::vector<base::TenantId> ClickFeed::tenants() {
  std::vector<base::TenantId> tenants;
  if (watching_.load() == 0) return tenants;
  const std::lock_guard guard(mutex_);
  drop_ended();
  for (const Watcher& watcher : watchers_) tenants.push_back(watcher.tenant);
  std::ranges::sort(tenants);
  const auto repeated = std::ranges::unique(tenants);
  tenants.erase(repeated.begin(), repeated.end());
  return tenants;
}

void ClickFeed::tick() {
  if (!relay_) return;
  std::vector<ClickCount> counts;
  analytics::KeyedRollups visits;
  const base::Time now = clock_.now();
  for (const LiveClicks& told : relay_->take()) {
    counts.push_back({told.tenant, told.link, hour_of(now), told.clicks});
    const std::string subject = analytics::Subject::link(told.link).key;
    analytics::Rollup& rollup = visits[{told.tenant, subject, hour_of(now)}].rollup;
    for (const auto& [device, clicks] : told.devices) {
      rollup.add_value(analytics::Dimension::kDevice, device, {clicks, 0});
    }
    for (const auto& [country, clicks] : told.countries) {
      rollup.add_value(analytics::Dimension::kCountry, country, {clicks, 0});
    }
  }
  if (!counts.empty() && watching_.load() != 0) deliver(watched(counts), visits, now, false);
  relay_->run(tenants());
}

void ClickFeed::deliver(std::span<const ClickCount> wanted, const analytics::KeyedRollups& visits,
                        base::Time at, bool own) {
  if (wanted.empty()) return;
  std::vector<LinkId> links;
  links.reserve(wanted.size());
  for (const ClickCount& count : wanted) links.push_back(count.link);
  bool scoped = false;
  {
    const std::lock_guard guard(mutex_);
    scoped =
        std::ranges::any_of(watchers_, [](const Watcher& w) { return !w.scope.subject.empty(); });
  }
  std::unordered_map<LinkId, std::vector<std::string>> subjects;
  const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
  const auto named = db_.read(
      context, [&](storage::Transaction& tx) -> base::Result<std::vector<store::NamedTotal>> {
        subjects.clear();
        if (scoped) {
          ASHLAR_TRY(
              analytics::store::places_of(tx, links, [&](const analytics::store::LinkPlace& place) {
                subjects[place.link] = analytics::subjects_of(place).keys;
              }));
        }
        return store::name_links(tx, links);
      });
  // A database that does not answer now: watchers miss this event; the next one brings the total.
  if (!named.ok()) return;
  const std::lock_guard guard(mutex_);
  if (sent_totals_.size() > kMaxSentTotals) sent_totals_.clear();
  for (const ClickCount& count : wanted) {
    for (const store::NamedTotal& candidate : *named) {
      if (candidate.link != count.link) continue;
      send({count, visits_of(visits, count), subjects[count.link], at, own}, candidate);
    }
  }
  drop_ended();
}

void ClickFeed::send(const Event& event, const store::NamedTotal& named) {
  const ClickCount& count = event.count;
  const auto before = sent_totals_.find(count.link);
  std::int64_t total = named.clicks;
  // Those of another instance were in its database, and perhaps in a total, before they were told.
  if (before != sent_totals_.end()) {
    total = std::max(total, before->second + (event.own ? count.clicks : 0));
  }
  sent_totals_[count.link] = total;
  const std::string data = event_data(named, count.clicks, total, event.visits, event.at);
  for (const Watcher& watcher : watchers_) {
    const std::string& subject = watcher.scope.subject;
    if (!watcher.may_want(count) ||
        (!subject.empty() && std::ranges::find(event.subjects, subject) == event.subjects.end())) {
      continue;
    }
    // A stream that is gone says so with is_open() as well, and drop_ended() forgets it.
    static_cast<void>(watcher.stream->push("clicks", data));
  }
}

void ClickFeed::close() {
  const std::lock_guard guard(mutex_);
  closed_ = true;
  for (const Watcher& watcher : watchers_) watcher.stream->close();
  watchers_.clear();
  watching_.store(0);
}

}  // namespace ashlar::links
