// Any stored bytes: no crash; what is read has one stored form.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
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
  return 0;
}
