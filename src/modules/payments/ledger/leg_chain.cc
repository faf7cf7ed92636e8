#include "modules/payments/ledger/leg_chain.h"

#include <algorithm>
#include <utility>

namespace ashlar::ledger {

LegChain::LegChain(std::vector<Place> places) : places_(std::move(places)) {
  std::reverse(places_.begin(), places_.end());
}

LegLinks LegChain::append(std::int64_t no, base::Time at) {
  LegLinks links{.no = no};
  const std::size_t n = places_.size();
  const std::int64_t last = legs();
  if (n > 0) links.prev = places_.back().no;
  // Before the first leg lies nothing, at 0.
  const auto leg = [&](std::size_t back) { return n >= back ? places_[n - back].leg : 0; };
  const bool longer = n >= 2 && leg(1) - leg(2) == leg(2) - leg(3);
  if (longer) places_.resize(n - 2);
  if (!places_.empty()) {
    links.jump = places_.back().no;
    links.jump_leg = places_.back().leg;
    links.jump_at = places_.back().at;
  }
  places_.push_back({no, last + 1, at});
  return links;
}

}  // namespace ashlar::ledger
