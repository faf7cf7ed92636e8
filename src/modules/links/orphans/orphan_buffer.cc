#include "modules/links/orphans/orphan_buffer.h"

#include <algorithm>

namespace ashlar::links::orphans {
namespace {

// Cut to whole percent-encoded bytes: the rest of one would be another text. What is not printable
// ASCII might be no text at all, which databases refuse.
std::string clean(std::string_view path) {
  if (path.size() > OrphanBuffer::kMaxPathBytes) {
    path = path.substr(0, OrphanBuffer::kMaxPathBytes);
    const std::size_t sign = path.rfind('%');
    if (sign != std::string_view::npos && sign + 3 > path.size()) path = path.substr(0, sign);
  }
  std::string text(path);
  std::ranges::replace_if(text, [](char c) { return c <= ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

std::int64_t OrphanBuffer::Taken::visits() const {
  std::int64_t sum = 0;
  for (const OrphanCount& count : counts) sum += count.visits;
  return sum;
}

void OrphanBuffer::add(const OrphanVisit& visit) {
  const AgentClass agent = classify_agent(visit.user_agent);
  DetailEntry entry;
  entry.set_referrer(visit.referrer);
  const std::lock_guard lock(mutex_);
  auto place = places_.find({visit.domain, visit.kind});
  if (place == places_.end()) {
    if (places_.size() == kMaxCounted) {
      ++dropped_;
      return;
    }
    place = places_.emplace(std::pair{visit.domain, visit.kind}, Place{visit.tenant}).first;
  }
  place->second.visits += 1;
  if (agent == AgentClass::kBot) place->second.bots += 1;
  if (kept_.size() == kMaxKept) return;
  std::size_t& of_domain = kept_of_[visit.domain];
  if (of_domain == kMaxKeptOfDomain) return;
  ++of_domain;
  kept_.push_back({.tenant = visit.tenant,
                   .domain = visit.domain,
                   .kind = visit.kind,
                   .at = visit.at,
                   .agent = agent,
                   .referrer = std::string(entry.referrer_host()),
                   .path = clean(visit.path)});
}

OrphanBuffer::Taken OrphanBuffer::take() {
  Taken taken;
  std::map<std::pair<DomainId, Kind>, Place> places;
  {
    const std::lock_guard lock(mutex_);
    places.swap(places_);
    taken.kept.swap(kept_);
    kept_of_.clear();
    taken.dropped = std::exchange(dropped_, 0);
  }
  taken.counts.reserve(places.size());
  for (const auto& [key, place] : places) {
    taken.counts.push_back({place.tenant, key.first, key.second, place.visits, place.bots});
  }
  return taken;
}

bool OrphanBuffer::empty() const {
  const std::lock_guard lock(mutex_);
  return places_.empty();
}

}  // namespace ashlar::links::orphans
