// Comparison: what makes one state of a type into another one: units that stay, go and come.
//
// Two states of one document share ids, and the order of a list never changes; so units that are
// in both are found by their ids, in one pass. What lies between those is compared by content (a
// restored paragraph has other ids and is the same paragraph): equal ends, and the shortest edit
// where it is short (common_runs.h). Of what goes and comes at one place, types of a kind are
// paired, to be compared in their turn.
//
// Nothing is assumed of the states: of two documents that have nothing in common it says a long
// way, but a right one. Cost: linear but for the shortest edits; in all at most an Effort.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/documents/crdt/flat_list.h"

namespace ashlar::crdt {

// A state of a type.
struct TypeState {
  const StructStore& store;
  TypeIndex type = 0;  // 0: nothing is in it
};

struct ListStep {
  enum class Kind : std::uint8_t { kKeep, kDelete, kInsert };
  Kind kind = Kind::kKeep;
  Slice from;           // of kKeep, kDelete
  Slice to;             // of kKeep, kInsert; as long as `from` where there are both
  bool within = false;  // a type that is kept: what is in it may differ
};

struct ListComparison {
  FlatList from;
  FlatList to;
  std::vector<ListStep> steps;
};
ListComparison compare_lists(const TypeState& from, const TypeState& to, Effort& effort);

struct KeyStep {
  std::string_view key;
  ItemRef from = 0;     // 0: it has to be set
  ItemRef to = 0;       // 0: it has to be removed
  bool within = false;  // a type on both sides that may stay
};
// The keys that differ, or may differ in what is within, by name.
std::vector<KeyStep> compare_keys(const TypeState& from, const TypeState& to, Effort& effort);

// kInvalid comparison_too_costly: of whoever finds the Effort spent.
base::Error too_costly();

}  // namespace ashlar::crdt
