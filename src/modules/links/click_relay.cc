#include "modules/links/click_relay.h"

#include <algorithm>
#include <string>

#include "platform/storage/database.h"

namespace ashlar::links {

ClickRelay::ClickRelay(storage::Database& db, const base::Clock& clock, std::uint64_t self)
    : db_(db), clock_(clock), self_(self) {
  db.subscribe(std::string(kChannel), [this](const storage::Database::Notice& notice) {
    // What was missed is missing: the next notices tell of what comes.
    if (!notice.resync) receive(notice.payload);
  });
}

void ClickRelay::add_to(Sums& sums, const LiveClicks& clicks) {
  const std::pair key{clicks.tenant, clicks.link};
  if (sums.size() >= kMaxLinks && !sums.contains(key)) return;
  LiveClicks& sum = sums[key];
  sum.tenant = clicks.tenant;
  sum.link = clicks.link;
  sum.clicks += clicks.clicks;
  for (const auto& [name, count] : clicks.devices) sum.devices[name] += count;
  for (const auto& [name, count] : clicks.countries) sum.countries[name] += count;
}

void ClickRelay::receive(std::string_view text) {
  const std::optional<ClickNotice> notice = parse_click_notice(text);
  if (!notice || notice->sender == self_) return;
  const base::Mono until = clock_.mono() + kHeard;
  const std::lock_guard guard(mutex_);
  for (const base::TenantId tenant : notice->watched) heard_[tenant] = until;
  for (const LiveClicks& clicks : notice->clicks) add_to(incoming_, clicks);
}

bool ClickRelay::watched_elsewhere(base::TenantId tenant) {
  const std::lock_guard guard(mutex_);
  const auto at = heard_.find(tenant);
  return at != heard_.end() && clock_.mono() < at->second;
}

bool ClickRelay::watched_elsewhere() {
  const base::Mono now = clock_.mono();
  const std::lock_guard guard(mutex_);
  std::erase_if(heard_, [now](const auto& heard) { return now >= heard.second; });
  return !heard_.empty();
}

void ClickRelay::add(const LiveClicks& clicks) { add_to(outgoing_, clicks); }

std::vector<LiveClicks> ClickRelay::take() {
  Sums taken;
  {
    const std::lock_guard guard(mutex_);
    taken.swap(incoming_);
  }
  std::vector<LiveClicks> all;
  all.reserve(taken.size());
  for (auto& [key, clicks] : taken) all.push_back(std::move(clicks));
  return all;
}

void ClickRelay::run(std::span<const base::TenantId> watched) {
  const base::Mono now = clock_.mono();
  const std::set<base::TenantId> tenants(watched.begin(), watched.end());
  const bool newcomer = !std::ranges::includes(told_, tenants) && now >= beat_at_ - kBeat + kPause;
  if (!tenants.empty() && (now >= beat_at_ || newcomer)) {
    beat_at_ = now + kBeat;
    told_ = tenants;
    send(watch_notice(self_, {watched.begin(), watched.end()}));
  }
  if (outgoing_.empty() || now < send_at_) return;
  send_at_ = now + kPause;
  std::vector<LiveClicks> all;
  all.reserve(outgoing_.size());
  for (auto& [key, clicks] : outgoing_) all.push_back(std::move(clicks));
  outgoing_.clear();
  send(clicks_notice(self_, std::move(all)));
}

// A database that does not answer now: the others miss these clicks in their streams, and see them
// in the totals that come next.
void ClickRelay::send(const std::string& text) {
  const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
  static_cast<void>(db_.write(context, [&](storage::Transaction& tx) {
    tx.notify(kChannel, text);
    return base::ok_status();
  }));
}

}  // namespace ashlar::links
