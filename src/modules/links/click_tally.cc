#include "modules/links/click_tally.h"

#include <algorithm>

namespace ashlar::links {
namespace {

constexpr std::size_t kFirstSlots = 256;

std::uint64_t hash_of(LinkId link, Hour hour) {
  const std::uint64_t mixed = (static_cast<std::uint64_t>(link.value) ^
                               static_cast<std::uint64_t>(hour) * 0xc2b2ae3d27d4eb4f) *
                              0x9e3779b97f4a7c15;
  return mixed ^ (mixed >> 32);
}

}  // namespace

// The tenant follows from the link, so it is compared but not hashed.
std::size_t ClickTally::find_slot(const std::vector<ClickCount>& slots, base::TenantId tenant,
                                  LinkId link, Hour hour) const {
  const std::size_t mask = slots.size() - 1;
  std::size_t at = hash_of(link, hour) & mask;
  while (slots[at].clicks != 0 &&
         !(slots[at].link == link && slots[at].hour == hour && slots[at].tenant == tenant)) {
    at = (at + 1) & mask;
  }
  return at;
}

bool ClickTally::grow() {
  if (used_ >= max_pairs_) return false;
  std::vector<ClickCount> larger(std::max(kFirstSlots, slots_.size() * 2));
  for (const ClickCount& count : slots_) {
    if (count.clicks != 0) larger[find_slot(larger, count.tenant, count.link, count.hour)] = count;
  }
  slots_ = std::move(larger);
  return true;
}

bool ClickTally::add(base::TenantId tenant, LinkId link, Hour hour, std::int64_t clicks) {
  if (clicks <= 0) return true;
  if (slots_.empty() && !grow()) return false;
  std::size_t at = find_slot(slots_, tenant, link, hour);
  if (slots_[at].clicks == 0) {
    if (used_ >= max_pairs_) return false;
    if ((used_ + 1) * 2 > slots_.size()) {
      grow();
      at = find_slot(slots_, tenant, link, hour);
    }
    slots_[at] = {tenant, link, hour, 0};
    ++used_;
  }
  slots_[at].clicks += clicks;
  return true;
}

std::vector<ClickCount> ClickTally::take_sorted() {
  std::vector<ClickCount> pairs;
  pairs.reserve(used_);
  for (const ClickCount& count : slots_) {
    if (count.clicks != 0) pairs.push_back(count);
  }
  slots_ = {};
  used_ = 0;
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace ashlar::links
