// Any bytes as a snapshot: a value or an error, never a crash. What is accepted is a state like any
// other: it answers within its own bounds, takes more, merges, and comes back from its own
// snapshot. The first byte chooses the memory; the checksum is put right, or nothing would get past
// it.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "kit/count/top_k.h"
#include "kit/count/top_k_snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ashlar::kit::TopK;
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  TopK::Options options{.window = std::chrono::nanoseconds(8000),
                        .buckets = 4,
                        .max_bytes = TopK::least_bytes(4) * (1 + data[0] % 4),
                        .max_k = 5,
                        .max_ahead = std::chrono::nanoseconds::max(),
                        .seed = 1};
  CHECK(!TopK::decode(input, options).ok() || input.size() > 8);

  auto decoded = TopK::decode(std::string(input) + ashlar::kit::snapshot_checksum(input), options);
  if (!decoded.ok()) return 0;
  TopK top = std::move(decoded).value();
  CHECK(top.bytes() <= options.max_bytes);
  for (const auto& row : top.top(10)) {
    CHECK(row.lower <= row.estimate && row.estimate <= row.upper && row.upper <= top.total());
    const auto interval = top.estimate(row.key);
    CHECK(interval.lower == row.lower && interval.upper == row.upper);
  }
  auto again = TopK::decode(top.encode(), options);
  CHECK(again.ok() && again->encode() == top.encode() && again->top(10) == top.top(10));
  if (top.merge(*again).ok()) CHECK(top.total() == 2 * again->total());
  for (int i = 0; i < 300; ++i) top.add(top.newest(), std::to_string(i), 3);
  CHECK(top.bytes() <= options.max_bytes);
  return 0;
}
