// What the database gives back for roll-ups and their batches: any bytes are refused or read, and
// what was read comes back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "modules/links/analytics/keyed_rollup.h"
#include "modules/links/analytics/rollup.h"
#include "modules/links/analytics/rollup_sum.h"

using ashlar::links::analytics::encode_keyed;
using ashlar::links::analytics::KeyedRollups;
using ashlar::links::analytics::merge_keyed;
using ashlar::links::analytics::Rollup;
using ashlar::links::analytics::RollupSum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto rollup = Rollup::decode(text); rollup.ok()) {
    const auto again = Rollup::decode(rollup->encode());
    CHECK(again.ok() && *again == *rollup);
    CHECK(rollup->visitors().estimate() >= 0);
    RollupSum sum(size);
    const auto added = sum.add(text);
    CHECK(added.ok() && added->visitors == rollup->visitors());
    CHECK(sum.all().clicks == rollup->clicks());
  }
  KeyedRollups rollups;
  if (merge_keyed(text, rollups).ok()) {
    KeyedRollups again;
    // Sums may be larger than what is stored.
    if (merge_keyed(encode_keyed(rollups), again).ok()) CHECK(again == rollups);
  }
  return 0;
}
