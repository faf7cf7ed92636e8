// LegChain: where the legs of one account hang together, so that any of them is found in O(log n)
// steps although they are only ever appended.
//
// Each leg has two pointers: to the one before it, and one further back, chosen as in Myers' random
// access stacks ("An applicative random-access stack", 1983): jumps have the lengths of the skew
// binary numbers 1, 3, 7, 15 …. From any leg, taking the jump where it does not go too far and the
// step where it does reaches every older leg in at most 3 log2(n) steps.
//
//   leg      1  2  3  4  5  6  7  8
//   jump to  0  1  0  3  4  3  0  7 …      (0: none)
//
// To append one must know the jumps from the last leg to the first: at most log2(n) + 1 places.
// Pure. 24 bytes a place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace ashlar::ledger {

// Of one leg. `prev` and `jump` are numbers over the whole book; 0: there is none.
struct LegLinks {
  std::int64_t no = 0;
  std::int64_t prev = 0;
  std::int64_t jump = 0;
  std::int64_t jump_leg = 0;  // the number of that leg among the account's
  base::Time jump_at{};       // and its time
  friend bool operator==(const LegLinks&, const LegLinks&) = default;
};

class LegChain {
 public:
  struct Place {
    std::int64_t no = 0;   // over the whole book
    std::int64_t leg = 0;  // among the account's, from 1
    base::Time at{};
    friend bool operator==(const Place&, const Place&) = default;
  };

  LegChain() = default;
  // From the last leg by jumps to the first.
  explicit LegChain(std::vector<Place> places);

  // The account's next leg, which has this number over the whole book.
  LegLinks append(std::int64_t no, base::Time at);

  [[nodiscard]] std::int64_t legs() const { return places_.empty() ? 0 : places_.back().leg; }
  // The last leg's number over the whole book; 0: there is none.
  [[nodiscard]] std::int64_t last() const { return places_.empty() ? 0 : places_.back().no; }
  friend bool operator==(const LegChain&, const LegChain&) = default;

 private:
  std::vector<Place> places_;  // the first leg first
};

}  // namespace ashlar::ledger
