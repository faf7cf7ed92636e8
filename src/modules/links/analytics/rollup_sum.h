// RollupSum: many stored roll-ups added up, for reports: what Rollup::merge() would give, by a
// table of hashes for each dimension and without making a roll-up of each (a year of days: a third
// of the time). Pure.
//
// Bounded, however many different values there are: ValueTable.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/analytics/dimension.h"
#include "modules/links/analytics/rollup.h"
#include "modules/links/analytics/value_table.h"
#include "modules/links/analytics/visitor_sketch.h"

namespace ashlar::links::analytics {

class RollupSum {
 public:
  // One that was added, as far as its place in time matters.
  struct Added {
    Tally all;
    VisitorSketch visitors;
  };

  // Chance: see ValueTable.
  explicit RollupSum(std::uint64_t seed) : values_(kDimensions, ValueTable(seed)) {}

  // kInternal rollup_damaged: not what Rollup::encode() writes; the sum is of no use any more.
  base::Result<Added> add(std::string_view data);

  [[nodiscard]] std::int64_t kept() const { return kept_; }
  [[nodiscard]] const Tally& all() const { return all_; }
  [[nodiscard]] const ValueTable& values(Dimension dimension) const {
    return values_.at(index_of(dimension));
  }

 private:
  class Adder;

  std::int64_t kept_ = 0;
  Tally all_;
  std::vector<ValueTable> values_;
};

}  // namespace ashlar::links::analytics
