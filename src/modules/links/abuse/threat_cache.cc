#include "modules/links/abuse/threat_cache.h"

#include <utility>

namespace ashlar::links::abuse {

std::optional<std::vector<std::string>> ThreatCache::find(std::string_view hash,
                                                          base::Mono now) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(std::string(hash.substr(0, kPrefixBytes)));
  if (found == entries_.end()) return std::nullopt;
  std::vector<std::string> types;
  bool old = false;
  for (const Hit& hit : found->second.hits) {
    if (hit.hash != hash) continue;
    old = old || hit.until <= now;
    types.push_back(hit.type);
  }
  if (old || (types.empty() && found->second.until <= now)) return std::nullopt;
  return types;
}

void ThreatCache::put(const std::vector<std::string>& prefixes, const HashAnswer& answer,
                      base::Mono now) {
  std::unordered_map<std::string_view, Entry> fresh;
  for (const std::string& prefix : prefixes) fresh[prefix].until = now + answer.keep;
  for (const ThreatHit& hit : answer.hits) {
    const auto asked = fresh.find(std::string_view(hit.hash).substr(0, kPrefixBytes));
    if (asked == fresh.end()) continue;
    asked->second.hits.push_back({hit.hash, hit.type, now + hit.keep});
  }
  const std::lock_guard lock(mutex_);
  for (auto& [prefix, entry] : fresh) {
    const auto [at, added] = entries_.insert_or_assign(std::string(prefix), std::move(entry));
    if (added) order_.push_back(at->first);
  }
  while (order_.size() > kMaxPrefixes) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
}

std::size_t ThreatCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace ashlar::links::abuse
