// LocalShare: what is said of a batch when the shared count cannot be asked: as each limit's
// on_failure has it (limit.h).
//
// kLocal judges by this instance's share, amount / instances, at least 1, rounded up, of counts
// that begin when Redis goes. So all instances together admit at most the limit and instances - 1
// more in each window or burst, beside what Redis has counted before. Nothing local is taken for a
// batch that is refused anyway. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/time.h"
#include "kit/siphash.h"
#include "modules/limits/limit.h"
#include "modules/limits/memory_state.h"

namespace ashlar::limits {

class Batch;

class LocalShare {
 public:
  static constexpr std::chrono::seconds kRetryAfter{1};  // of kClosed
  static constexpr std::size_t kMaxLimits = 10'000;

  LocalShare(std::uint64_t instances, std::size_t max_keys, const kit::SipKey& seed)
      : instances_(instances), memory_({.max_keys = max_keys}, seed) {}

  // Sets outcomes and `allowed`; does not call on_decided().
  void decide(Batch& batch, base::Mono now);

 private:
  std::shared_ptr<const Limit> share_of(const Limit& limit);

  struct Share {
    LimitSpec of;
    std::shared_ptr<const Limit> limit;
  };

  const std::uint64_t instances_;
  MemoryState memory_;
  std::map<std::uint64_t, Share> shares_;  // by the limit's id
};

}  // namespace ashlar::limits
