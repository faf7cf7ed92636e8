// Integration: where an item goes among others that were inserted at the same place (YATA).
//
// An item names its left neighbour (origin) and its right one as its author saw them. Whatever has
// been inserted between the two since conflicts with it; integrate() walks over it from the left
// and stops at the one place that every program stops at, whatever came first. docs/crdt.md has the
// rule and an example.
//
// Cost: O(log n) and one step for each conflicting item; steps are counted in the transaction.
#pragma once

#include <cstdint>
#include <vector>

#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

struct Integration {
  enum class Outcome : std::uint8_t {
    kDone,       // it is in, or was before
    kMissing,    // `missing` has to come first; nothing was done
    kTooCostly,  // no steps left: nothing was done but splits
    kTooDeep,    // a type within too many types
  };
  Outcome outcome = Outcome::kDone;
  Id missing;
};

class Integrator {
 public:
  Integrator(StructStore& store, std::size_t type_depth) : store_(store), depth_(type_depth) {}

  // REQUIRES: s is no skip; its own client's ids that it names are before its own; its end is at
  // most kMaxClock
  Integration integrate(const WireStruct& s, Transaction& txn);

 private:
  struct Place {
    ItemRef left = 0;
    ItemRef right = 0;
    TypeIndex parent = 0;  // 0: collected; the item becomes an id range
    KeyIndex key = kNoKey;
  };
  [[nodiscard]] bool find_missing(const WireStruct& s, Clock offset, Id& missing) const;
  Place find_place(const WireStruct& s, ShortId origin, ShortId right_origin, Transaction& txn);
  bool resolve(Place& place, const Item& item, Transaction& txn);
  [[nodiscard]] ItemRef first_of(const Place& place, Transaction& txn) const;
  void link(ItemRef ref, const Place& place, Transaction& txn);
  void fill(Item& item, ItemRef ref, const WireStruct& s, Clock offset);

  // Items walked over, in order; which of them, and whether before the last jump, is asked for.
  void scan_clear();
  void scan_add(ItemRef ref);
  [[nodiscard]] std::size_t scan_find(ItemRef ref) const;  // its number, or kNotScanned

  static constexpr std::size_t kNotScanned = ~std::size_t{0};
  static constexpr std::size_t kScanLinear = 16;

  StructStore& store_;
  std::size_t depth_;
  std::vector<ItemRef> scanned_;
  std::vector<std::uint32_t> scan_slots_;  // open addressing: number + 1, once scanned_ is long
};

}  // namespace ashlar::crdt
