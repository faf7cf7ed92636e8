// FlatList: a type's list as a reader sees it, runs of units under the formats in force there; and
// what units hold, as bytes that are equal where it is equal.
//
// Effort bounds what a comparison of hostile documents may cost: whoever works spends it, and stops
// where none is left; what was made until then is of no use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

class Effort {
 public:
  static constexpr std::size_t kMost = 400'000'000;  // units, bytes and steps: a second or two

  bool spend(std::size_t steps) {  // false: there was not as much
    if (steps > left_) {
      left_ = 0;
      spent_ = true;
      return false;
    }
    left_ -= steps;
    return true;
  }
  [[nodiscard]] bool is_spent() const { return spent_; }
  // For what can be left out.
  [[nodiscard]] bool can_spare(std::size_t steps) const { return steps < left_ / 2; }

 private:
  std::size_t left_ = kMost;
  bool spent_ = false;
};

// Formats by key, sorted; their values as canonical JSON, never null.
using Formats = std::vector<std::pair<std::string, std::string>>;

struct Slice {
  ItemRef item = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t formats = 0;  // which of FlatList::formats

  [[nodiscard]] Slice part(std::uint32_t from, std::uint32_t units) const {
    return {item, offset + from, units, formats};
  }
};

struct FlatList {
  std::vector<Slice> slices;                   // one for each visible item, in order
  std::vector<Formats> formats = {Formats()};  // the first is none
};
FlatList flatten(const StructStore& store, TypeIndex type, Effort& effort);

// The value under a key: its item, or 0. Only the item's last unit counts.
ItemRef live_value(const StructStore& store, const Type& type, std::string_view key);
Slice last_unit(const StructStore& store, ItemRef item);

// A part of an item as its update would hold it; for types their head. Into the store and `scratch`
WireStruct wire_part(const StructStore& store, const Slice& slice, std::string& scratch);

// Equal for equal content, types with all that is in them. REQUIRES: one unit, or a text
void write_content(const StructStore& store, const Slice& slice, std::string& out, Effort& effort);

}  // namespace ashlar::crdt
