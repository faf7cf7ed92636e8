#include "modules/links/click_feed.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

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

ClickFeed::ClickFeed(storage::Database& db, const base::Clock& clock) : db_(db), clock_(clock) {
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

base::Status ClickFeed::watch(const security::Principal& who, std::optional<LinkId> only,
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
  watchers_.push_back({who.tenant, who.key, only, clock_.mono() + kMaxAge, std::move(stream)});
  watching_.store(watchers_.size());
  return base::ok_status();
}

// One count a link that somebody watches, hours added up; the busiest of each tenant.
std::vector<ClickCount> ClickFeed::watched(std::span<const ClickCount> counts) {
  std::vector<ClickCount> wanted;
  const std::lock_guard guard(mutex_);
  drop_ended();
  for (const ClickCount& count : counts) {
    const bool somebody = std::any_of(watchers_.begin(), watchers_.end(), [&](const Watcher& w) {
      return w.tenant == count.tenant && (!w.only || *w.only == count.link);
    });
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
  if (watching_.load() == 0) return;
  const std::vector<ClickCount> wanted = watched(counts);
  if (wanted.empty()) return;
  std::vector<LinkId> links;
  links.reserve(wanted.size());
  for (const ClickCount& count : wanted) links.push_back(count.link);
  const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
  const auto named =
      db_.read(context, [&](storage::Transaction& tx) { return store::name_links(tx, links); });
  // A database that does not answer now: watchers miss this event; the next one brings the total.
  if (!named.ok()) return;
  const std::lock_guard guard(mutex_);
  if (sent_totals_.size() > kMaxSentTotals) sent_totals_.clear();
  for (const ClickCount& count : wanted) {
    for (const store::NamedTotal& candidate : *named) {
      if (candidate.link == count.link) send(count, candidate, visits_of(visits, count), at);
    }
  }
  drop_ended();
}

void ClickFeed::send(const ClickCount& count, const store::NamedTotal& named,
                     const analytics::Rollup& visits, base::Time at) {
  const auto before = sent_totals_.find(count.link);
  std::int64_t total = named.clicks;
  if (before != sent_totals_.end()) total = std::max(total, before->second + count.clicks);
  sent_totals_[count.link] = total;
  const std::string data = event_data(named, count.clicks, total, visits, at);
  for (const Watcher& watcher : watchers_) {
    if (watcher.tenant != count.tenant || (watcher.only && *watcher.only != count.link)) continue;
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
