// Transaction: what one update (or edit) has done so far, for its commit or its undoing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "modules/documents/crdt/item.h"

namespace ashlar::crdt {

struct Transaction {
  struct Run {
    ClientIndex client = 0;
    std::uint32_t clock = 0;
    std::uint32_t end = 0;
  };
  // Two halves that a split made of a surrogate pair.
  struct Torn {
    ShortId high;
    char16_t high_unit = 0;
    char16_t low_unit = 0;
  };

  std::vector<Run> deleted;        // items newly deleted, in the order in which they were
  std::vector<ClientIndex> grown;  // clients with new structs, each once
  std::vector<ShortId> mend;       // starts of items that may merge with their neighbours
  std::vector<Torn> torn;
  std::uint64_t steps_left = 0;  // among conflicting insertions
  // What there was before, for an undo.
  std::size_t clients = 0;
  std::size_t keys = 0;
  std::size_t roots = 0;
  // Something of what was given was known: what changed is less than that.
  bool partly_known = false;
  bool drop_too_deep = false;  // as in DocLimits

  [[nodiscard]] bool changed() const { return !deleted.empty() || !grown.empty(); }
  void add_deleted(const Item& item) {
    if (!deleted.empty() && deleted.back().client == item.id.client &&
        deleted.back().end == item.id.clock) {
      deleted.back().end = item.end();
    } else {
      deleted.push_back({item.id.client, item.id.clock, item.end()});
    }
  }
  void clear() {
    deleted.clear();
    grown.clear();
    mend.clear();
    torn.clear();
    partly_known = false;
  }
};

}  // namespace ashlar::crdt
