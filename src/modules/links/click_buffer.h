// ClickBuffer: where redirects leave their clicks; the part of counting that runs on I/O threads.
//
// Each shard has two halves: one is written by record(), the other is read by drain(), which swaps
// them. A spin lock guards the swap (a pointer's worth of time) and the writing of one click, so a
// redirect meets it held only in that instant.
//
//   a half:  kEntries plain entries --full--> a tally of kOverflowPairs pairs --full--> dropped,
//   counted
//            kDetails details       --full--> shed, counted
//
// Memory is reserved at the start but touched, and thus resident, only as far as it is used.
// record(): any thread; cheap when each thread has its own shard. drain(): one thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "modules/links/click_detail.h"
#include "modules/links/click_tally.h"

namespace ashlar::links {

class ClickBuffer {
 public:
  static constexpr std::size_t kEntries = 65'536;
  static constexpr std::size_t kOverflowPairs = 32'768;
  static constexpr std::size_t kDetails = 200;

  explicit ClickBuffer(std::size_t shards);
  ~ClickBuffer();

  void record(std::size_t shard, LinkId link, base::TenantId tenant, base::Time at,
              const ClickDetail& detail) noexcept;

  struct Losses {
    std::int64_t clicks = 0;   // dropped
    std::int64_t details = 0;  // shed
  };
  // Moves all clicks into `tally` and `details`, as far as they fit.
  Losses drain(ClickTally& tally, std::vector<DetailEntry>& details);

 private:
  struct Half;
  struct Shard;

  static void record_entry(Half& half, LinkId link, base::TenantId tenant, Hour hour) noexcept;

  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace ashlar::links
