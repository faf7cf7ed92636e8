// ValueTable: how often each value of one dimension came, of many roll-ups: the commonest ones, and
// what the others come to. Pure. Not thread-safe.
//
// Bounded by Space-Saving, like a Rollup (rollup.h has the promises): beyond kMost values the
// kKept that may be the largest stay. So memory is some 400 KiB at most, whatever is added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/links/analytics/rollup.h"
#include "modules/links/key_hash.h"

namespace ashlar::links::analytics {

class ValueTable {
 public:
  static constexpr std::size_t kKept = 2'000;
  static constexpr std::size_t kMost = 2 * kKept;

  // `seed` keeps visitors from choosing values that collide.
  explicit ValueTable(std::uint64_t seed) : hash_(seed) {}

  // What the roll-up whose values come next says of those that it does not have.
  void add_rest(const Tally& tally, std::int64_t missed);
  // `above`: the most clicks that the value may have had in that roll-up, less what it missed.
  void add(std::string_view value, const Tally& tally, std::int64_t above);

  [[nodiscard]] const Tally& rest() const { return rest_; }
  [[nodiscard]] std::int64_t missed() const { return missed_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // In no order. Views live until the table changes.
  void each(const std::function<void(std::string_view, const Tally&)>& sink) const;

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t begin = 0;  // in text_
    std::uint32_t bytes = 0;
    Tally tally;
    std::int64_t above = 0;
  };

  // The entry's slot, or the empty one where it would be.
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash, std::string_view value) const;
  [[nodiscard]] std::string_view text_of(const Entry& entry) const {
    return std::string_view(text_).substr(entry.begin, entry.bytes);
  }
  void fill_slots(std::size_t size);
  void trim();

  KeyHash hash_;
  Tally rest_;
  std::int64_t missed_ = 0;
  std::vector<Entry> entries_;
  std::string text_;                  // of the entries, one after another
  std::vector<std::uint32_t> slots_;  // 1 + which entry, or 0; a power of two, at most half full
};

}  // namespace ashlar::links::analytics
