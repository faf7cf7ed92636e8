// RollupSum: many stored roll-ups added up, for reports: what Rollup::merge() would give, by a
// table of hashes and without making a roll-up of each (a year of days: a third of the time). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "modules/links/analytics/dimension.h"
#include "modules/links/analytics/rollup.h"
#include "modules/links/analytics/visitor_sketch.h"

namespace ashlar::links::analytics {

class RollupSum {
 public:
  // One that was added, as far as its place in time matters.
  struct Added {
    Tally all;
    VisitorSketch visitors;
  };

  // kInternal rollup_damaged: not what Rollup::encode() writes; the sum is of no use any more.
  base::Result<Added> add(std::string_view data);

  [[nodiscard]] std::int64_t kept() const { return kept_; }
  [[nodiscard]] const Tally& all() const { return all_; }
  [[nodiscard]] const Tally& rest(Dimension dimension) const {
    return rest_.at(index_of(dimension));
  }
  // In no order.
  void each_value(Dimension dimension,
                  const std::function<void(std::string_view, const Tally&)>& sink) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Values = std::unordered_map<std::string, Tally, Hash, std::equal_to<>>;
  class Adder;

  std::int64_t kept_ = 0;
  Tally all_;
  std::array<Values, kDimensions> values_;
  std::array<Tally, kDimensions> rest_{};
};

}  // namespace ashlar::links::analytics
