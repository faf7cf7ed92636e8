// Pace: how often a document that many have open is written and shown to them. The first change
// goes at once; those that come within the gap after it wait for its end and go together, so that
// who has it open is written to once for all of them, and the disk too.
//
// The gap is kPerSession for each who has it open, at most `most`: two people wait for a
// millisecond or two, a crowd, where what is written grows with the square of its number, longer.
// Where more than that are there it is kPerReader for each, at most kLongest: so showing one
// document takes a small part of its thread, whatever is written in it.
//
// Pure.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/time.h"

namespace ashlar::documents {

class Pace {
 public:
  static constexpr base::Mono::duration kPerSession = base::Millis{1};
  static constexpr base::Mono::duration kPerReader = base::Micros{150};
  static constexpr base::Mono::duration kLongest = base::Millis{250};

  // 0: nothing waits.
  explicit Pace(base::Millis most) : most_(most) {}

  [[nodiscard]] base::Mono::duration gap(std::size_t sessions) const {
    if (sessions < 2 || most_.count() == 0) return {};
    const auto n = static_cast<base::Mono::rep>(sessions);
    const base::Mono::duration small = std::min<base::Mono::duration>(kPerSession * n, most_);
    return std::max(small, std::min(kPerReader * n, kLongest));
  }
  // When the next may go.
  [[nodiscard]] base::Mono due(std::size_t sessions) const { return last_ + gap(sessions); }
  void went(base::Mono now) { last_ = now; }

 private:
  const base::Mono::duration most_;
  base::Mono last_ = base::Mono::min();
};

}  // namespace ashlar::documents
