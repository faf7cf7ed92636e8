// ClickBuffer: where redirects leave their clicks; the part of counting that runs on I/O threads.
//
// Each shard has two halves: one is written by count() and keep(), the other is read by drain(),
// which swaps them. A spin lock guards the swap (a pointer's worth of time) and the writing of one
// click, so a redirect meets it held only in that instant.
//
//   a half:  kEntries plain entries --full--> a tally of kOverflowPairs pairs --full--> dropped,
//   counted
//            kDetails details of kDetailBytes together --full--> shed, counted
//
// Of the clicks of a shard the detail of one in `detail_one_in` is wanted, at random distances so
// that no rhythm of visits is favoured. Each detail has a weight: the clicks since the last one.
// The weight of what is shed is divided among those kept: the weights add up to the clicks.
//
// Memory is reserved at the start but touched, and thus resident, only as far as it is used.
// count(), keep(): any thread; cheap when each thread has its own shard. drain(): one thread at a
// time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "modules/links/click_detail.h"
#include "modules/links/click_tally.h"

namespace ashlar::links {

class ClickBuffer {
 public:
  static constexpr std::size_t kEntries = 65'536;
  static constexpr std::size_t kOverflowPairs = 32'768;
  static constexpr std::size_t kDetails = 1'000;
  static constexpr std::size_t kDetailBytes = std::size_t{512} * 1024;
  // Of each header and query; what follows is cut off.
  static constexpr std::size_t kMaxHeaderBytes = 256;
  static constexpr std::size_t kMaxQueryBytes = 512;

  // REQUIRES: 1 <= detail_one_in <= 1,000,000.
  explicit ClickBuffer(std::size_t shards, std::int64_t detail_one_in = 1, std::uint64_t seed = 1);
  ~ClickBuffer();

  // Counts a click. Not 0: its detail is wanted, with this weight.
  std::int64_t count(std::size_t shard, LinkId link, base::TenantId tenant, base::Time at) noexcept;
  void keep(std::size_t shard, const KeptClick& click) noexcept;
  // Both.
  void record(std::size_t shard, LinkId link, base::TenantId tenant, base::Time at,
              const ClickDetail& detail) noexcept;

  struct Losses {
    std::int64_t clicks = 0;   // dropped
    std::int64_t details = 0;  // shed
  };
  // Moves all clicks into `tally`, as far as they fit, and shows each detail to `sink`; views live
  // for the time of the call.
  Losses drain(ClickTally& tally, const std::function<void(const KeptClick&)>& sink);

 private:
  struct Half;
  struct Shard;

  std::int64_t count_after_wait(Shard& mine, LinkId link, base::TenantId tenant,
                                base::Time at) const noexcept;
  std::int64_t count_slowly(Shard& mine, LinkId link, base::TenantId tenant,
                            base::Time at) const noexcept;
  static void show_details(const Half& half, const std::function<void(const KeptClick&)>& sink);

  const std::int64_t detail_one_in_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace ashlar::links
