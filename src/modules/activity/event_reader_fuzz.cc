// Any body: no crash; what is taken comes back from its stored form, and nothing else is in it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/activity/event_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ashlar::base::Time now{ashlar::base::Seconds{1'795'341'600}};
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  auto batch = ashlar::activity::read_events(body, now);
  if (!batch.ok()) {
    CHECK(batch.error().fields.size() <= ashlar::activity::kMaxErrors);
    return 0;
  }
  CHECK(batch->accepted + batch->late + batch->ahead > 0);
  CHECK(batch->tally.empty() == (batch->accepted == 0));
  const std::string bytes = batch->tally.encode();
  auto again = ashlar::activity::Tally::decode(bytes);
  CHECK(again.ok());
  CHECK(again->encode() == bytes);
  return 0;
}
