#include "modules/links/analytics/value_table.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace ashlar::links::analytics {
namespace {

constexpr std::size_t kFirstSlots = 64;

}  // namespace

void ValueTable::add_rest(const Tally& tally, std::int64_t missed) {
  rest_ += tally;
  missed_ += missed;
}

std::size_t ValueTable::slot_of(std::uint64_t hash, std::string_view value) const {
  std::size_t at = hash & (slots_.size() - 1);
  for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    const Entry& entry = entries_[slots_[at] - 1];
    if (entry.hash == hash && KeyHash::same(text_of(entry), value)) break;
  }
  return at;
}

void ValueTable::add(std::string_view value, const Tally& tally, std::int64_t above) {
  if (slots_.size() < 2 * (entries_.size() + 1))
    fill_slots(std::max(kFirstSlots, 2 * slots_.size()));
  const std::uint64_t hash = hash_(value);
  const std::size_t slot = slot_of(hash, value);
  if (slots_[slot] != 0) {
    Entry& entry = entries_[slots_[slot] - 1];
    entry.tally += tally;
    entry.above += above;
    return;
  }
  const auto begin = static_cast<std::uint32_t>(text_.size());
  entries_.push_back({hash, begin, static_cast<std::uint32_t>(value.size()), tally, above});
  text_ += value;
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  if (entries_.size() > kMost) trim();
}

void ValueTable::fill_slots(std::size_t size) {
  slots_.assign(size, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t at = entries_[i].hash & (size - 1);
    while (slots_[at] != 0) at = (at + 1) & (size - 1);
    slots_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

// Of those that are as large as the largest that goes, the first ones stay.
void ValueTable::trim() {
  std::vector<std::int64_t> sizes;
  sizes.reserve(entries_.size());
  for (const Entry& entry : entries_) sizes.push_back(entry.above);
  const auto next = sizes.begin() + static_cast<std::ptrdiff_t>(kKept);
  std::nth_element(sizes.begin(), next, sizes.end(), std::greater<>());
  const std::int64_t largest = *next;
  auto equal_ones = static_cast<std::size_t>(std::count(sizes.begin(), next, largest));
  missed_ += largest;
  std::string text;
  text.reserve(text_.size());
  std::size_t kept = 0;
  for (const Entry& entry : entries_) {
    const bool stays = entry.above > largest || (entry.above == largest && equal_ones > 0);
    if (!stays) {
      rest_ += entry.tally;
      continue;
    }
    if (entry.above == largest) --equal_ones;
    Entry& to = entries_[kept++];
    const std::string_view value = text_of(entry);
    const auto begin = static_cast<std::uint32_t>(text.size());
    text += value;
    to = entry;
    to.begin = begin;
    to.above -= largest;
  }
  entries_.resize(kept);
  text_ = std::move(text);
  fill_slots(slots_.size());
}

void ValueTable::each(const std::function<void(std::string_view, const Tally&)>& sink) const {
  for (const Entry& entry : entries_) sink(text_of(entry), entry.tally);
}

}  // namespace ashlar::links::analytics
