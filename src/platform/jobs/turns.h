// Turns: who is served next, so that tenants share alike whatever the depth of their queues. Pure.
//
// A look at the database gives lanes by (tenant, queue), at most kTenants tenants with at most
// kQueues queues each. Where there are more, the next look begins after those that were served;
// where all fit, they are rotated. One object a kind; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "platform/jobs/lease_store.h"

namespace ashlar::jobs {

class Turns {
 public:
  static constexpr int kTenants = 16;
  static constexpr int kQueues = 8;
  static constexpr std::size_t kRemembered = 1024;  // tenants whose last queue is kept

  // Where the next look begins.
  [[nodiscard]] std::int64_t after() const { return after_; }
  [[nodiscard]] std::string queue_after(base::TenantId tenant) const;

  // The lanes of one look in the order in which they are served.
  [[nodiscard]] std::vector<store::Lane> in_turn(std::vector<store::Lane> lanes) const;

  // What share() gave to lanes in the order of in_turn(). `whole`: the look saw all there is.
  void served(std::span<const store::Lane> lanes, std::span<const std::int64_t> parts, bool whole);

 private:
  std::int64_t after_ = store::kFromTheFirst;
  std::int64_t last_ = store::kFromTheFirst;
  std::map<base::TenantId, std::string> last_queue_;
};

// `most` more divided so that tenants come out alike, then each one's lanes: `have[i]` is what lane
// i has got already, caps[i] bounds what it may still get. Lanes of a tenant lie side by side;
// where it does not divide, the first have more.
std::vector<std::int64_t> share(std::span<const store::Lane> lanes,
                                std::span<const std::int64_t> caps,
                                std::span<const std::int64_t> have, std::int64_t most);

}  // namespace ashlar::jobs
