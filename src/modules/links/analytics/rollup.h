// Rollup: what is known of a number of clicks together: how many visitors, how many bots, which
// values of each dimension. The unit in which detail is added up and stored. Pure.
//
// A click whose detail was kept may stand for several (its weight): those that were not looked at
// since the one before (links.detail_one_in), or whose detail was shed. So `clicks` comes near the
// exact counters, and `kept` says of how many it was learned.
//
// Bots are counted and not taken for visitors.
//
// Bounded: trim() keeps the commonest values of each dimension and adds the rest up; so a list is
// exact until a dimension has had more values than that, and what it is short of then is in rest().
//
//   stored: byte 1 (the version), varint kept, clicks, bots; VisitorSketch; varint dimensions;
//           for each: byte, varint rest.clicks, rest.bots, varint n, then n of
//           (varint length, value, varint clicks, varint bots), rising by value
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "modules/links/analytics/dimension.h"
#include "modules/links/analytics/visitor_sketch.h"

namespace ashlar::links::analytics {

// One click whose detail was kept. Views live for the time of the call.
struct VisitFacts {
  std::array<std::string_view, kDimensions> values{};  // "": not known
  bool bot = false;
  std::optional<std::uint64_t> visitor{};  // keyed hash of the day; not of bots
  std::int64_t weight = 1;

  std::string_view& operator[](Dimension dimension) { return values.at(index_of(dimension)); }
};

struct Tally {
  std::int64_t clicks = 0;
  std::int64_t bots = 0;  // of the clicks

  Tally& operator+=(const Tally& other) {
    clicks += other.clicks;
    bots += other.bots;
    return *this;
  }
  friend bool operator==(const Tally&, const Tally&) = default;
};

// Takes what a stored roll-up holds, in its order: the head first, then of each dimension that has
// something its rest and its values, rising. Views live for the time of the call.
class RollupParts {
 public:
  RollupParts() = default;
  RollupParts(const RollupParts&) = delete;
  RollupParts& operator=(const RollupParts&) = delete;
  virtual ~RollupParts() = default;

  virtual void head(std::int64_t kept, const Tally& all, VisitorSketch visitors) = 0;
  virtual void rest(Dimension dimension, const Tally& tally) = 0;
  virtual void value(Dimension dimension, std::string_view value, const Tally& tally) = 0;
};

class Rollup {
 public:
  static constexpr std::size_t kMaxValueBytes = 100;

  // Values are cut to kMaxValueBytes, at a character.
  void add(const VisitFacts& visit);
  // Of Dimension::kLink, whose clicks are exact and need no detail.
  void add_value(Dimension dimension, std::string_view value, const Tally& tally);
  void merge(const Rollup& other);
  // Keeps `max_values` of each dimension.
  void trim(std::size_t max_values);

  [[nodiscard]] std::int64_t kept() const { return kept_; }
  [[nodiscard]] std::int64_t clicks() const { return all_.clicks; }
  [[nodiscard]] std::int64_t bots() const { return all_.bots; }
  [[nodiscard]] const VisitorSketch& visitors() const { return visitors_; }
  [[nodiscard]] const Tally& rest(Dimension dimension) const {
    return rest_.at(index_of(dimension));
  }
  // In the order of the values.
  void each_value(Dimension dimension,
                  const std::function<void(std::string_view, const Tally&)>& sink) const;

  [[nodiscard]] std::string encode() const;
  // kInternal rollup_damaged: not what encode() writes.
  static base::Result<Rollup> decode(std::string_view data);
  // The same without building one. On failure `parts` may have got some of it.
  static base::Status read(std::string_view data, RollupParts& parts);

  friend bool operator==(const Rollup&, const Rollup&) = default;

 private:
  using Values = std::map<std::string, Tally, std::less<>>;
  class Builder;

  std::int64_t kept_ = 0;
  Tally all_;
  VisitorSketch visitors_;
  std::array<Values, kDimensions> values_;
  std::array<Tally, kDimensions> rest_{};
};

}  // namespace ashlar::links::analytics
