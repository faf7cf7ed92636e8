// ClickTally: adds clicks up per (tenant, link, hour) in bounded memory; an open-addressing hash.
//
// Grows by doubling from nothing up to `max_pairs` distinct pairs, then refuses new ones (known
// ones still count). Adding costs some 20 ns. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "modules/links/click_count.h"

namespace ashlar::links {

class ClickTally {
 public:
  explicit ClickTally(std::size_t max_pairs) : max_pairs_(max_pairs) {}

  // False: there is no room for another pair; nothing was added.
  bool add(base::TenantId tenant, LinkId link, Hour hour, std::int64_t clicks);

  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] bool empty() const { return used_ == 0; }
  // All pairs in order; the tally is empty after it and holds no memory.
  std::vector<ClickCount> take_sorted();

 private:
  bool grow();
  [[nodiscard]] std::size_t find_slot(const std::vector<ClickCount>& slots, base::TenantId tenant,
                                      LinkId link, Hour hour) const;

  const std::size_t max_pairs_;
  std::vector<ClickCount> slots_;  // a power of two, at most half full; clicks == 0: free
  std::size_t used_ = 0;
};

}  // namespace ashlar::links
