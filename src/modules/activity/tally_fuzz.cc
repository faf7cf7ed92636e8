// Any stored bytes: no crash; what is read has one stored form, and can be counted.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "modules/activity/board.h"
#include "modules/activity/tally.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ashlar::activity::Tally;
  auto tally = Tally::decode({reinterpret_cast<const char*>(data), size});
  if (!tally.ok()) return 0;
  tally->coarsen(60);
  const std::string bytes = tally->encode();
  auto again = Tally::decode(bytes);
  CHECK(again.ok());
  CHECK(again->encode() == bytes);
  const ashlar::base::Time now{ashlar::base::Seconds{1'795'341'600}};
  ashlar::activity::Board board({});
  board.submit(ashlar::base::TenantId{1}, std::move(*again), now);
  const auto standing =
      board.top(ashlar::base::TenantId{1}, "user", ashlar::base::Seconds{300}, 5, now);
  CHECK(standing.rows.size() <= 5);
  return 0;
}
