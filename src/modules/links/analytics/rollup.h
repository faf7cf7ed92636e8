// Rollup: what is known of a number of clicks together: how many visitors, how many bots, which
// values of each dimension. The unit in which detail is added up and stored. Pure.
//
// A click whose detail was kept may stand for several (its weight): those that were not looked at
// since the one before (links.detail_one_in), or whose detail was shed. So `clicks` comes near the
// exact counters, and `kept` says of how many it was learned.
//
// Bots are counted and not taken for visitors.
//
// Bounded by Space-Saving: trim() keeps the counters that may be the largest, adds the tallies of
// the others to rest(), and remembers in missed() how large the largest of those was. A value that
// comes later may have been among them, so its counter is taken to miss that much; one that is
// frequent passes those that are not, however early they came.
//
// Promises, of clicks, whatever was added, merged and trimmed in whatever order
//  1. The tallies of all values and rest() add up to what was added: exact.
//  2. A value has had at least the clicks of its tally, and at most missed() more; one that is not
//     there at most missed(). While nothing was trimmed, missed() is 0 and the list exact.
//  3. missed() is at most clicks / room: where all trims kept 500 values, each that has more than
//     1/500 of the clicks is there.
// Version 1 told nothing of what it dropped: its rows are taken to miss what its smallest value
// had.
//
//   stored: byte 2 (the version), varint kept, clicks, bots; VisitorSketch; varint dimensions;
//           for each: byte, varint rest.clicks, rest.bots, missed, n, then n of (varint length,
//           value, varint clicks, varint bots, varint missed by this one), rising by value
//   version 1 is the same without the two `missed`
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
  // `missed` of a dimension is at least that of each of its values, and at most `missed` of a value
  // and its clicks.
  virtual void rest(Dimension dimension, const Tally& tally, std::int64_t missed) = 0;
  virtual void value(Dimension dimension, std::string_view value, const Tally& tally,
                     std::int64_t missed) = 0;
};

// How many values of a dimension are kept. Links have more: theirs are lists of one's own.
struct RollupRoom {
  std::size_t values = 500;
  std::size_t links = 1'000;

  [[nodiscard]] std::size_t of(Dimension dimension) const {
    return dimension == Dimension::kLink ? links : values;
  }
};

class Rollup {
 public:
  static constexpr std::size_t kMaxValueBytes = 100;

  // Values are cut to kMaxValueBytes, at a character.
  void add(const VisitFacts& visit);
  // Of Dimension::kLink, whose clicks need no detail.
  void add_value(Dimension dimension, std::string_view value, const Tally& tally);
  void merge(const Rollup& other);
  void trim(const RollupRoom& room = {});

  [[nodiscard]] std::int64_t kept() const { return kept_; }
  [[nodiscard]] std::int64_t clicks() const { return all_.clicks; }
  [[nodiscard]] std::int64_t bots() const { return all_.bots; }
  [[nodiscard]] const VisitorSketch& visitors() const { return visitors_; }
  [[nodiscard]] const Tally& rest(Dimension dimension) const {
    return rest_.at(index_of(dimension));
  }
  [[nodiscard]] std::int64_t missed(Dimension dimension) const {
    return missed_.at(index_of(dimension));
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
  // `above`: the most clicks that it may have had, less missed_: what trims go by. (Counted so,
  // what merging adds to missed_ changes no counter.) Never below 0.
  struct Counter {
    Tally tally;
    std::int64_t above = 0;
    friend bool operator==(const Counter&, const Counter&) = default;
  };
  using Values = std::map<std::string, Counter, std::less<>>;
  class Builder;

  void trim(std::size_t dimension, std::size_t room);

  std::int64_t kept_ = 0;
  Tally all_;
  VisitorSketch visitors_;
  std::array<Values, kDimensions> values_;
  std::array<Tally, kDimensions> rest_{};
  std::array<std::int64_t, kDimensions> missed_{};
};

}  // namespace ashlar::links::analytics
