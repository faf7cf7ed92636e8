// Any bytes as a TZif file, and as a rule: what is taken has adjoining periods without an end, and
// finds its way between moments and local times.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "platform/zone/time_zone.h"

namespace {

using ashlar::base::Seconds;
using ashlar::base::Time;
using ashlar::zone::LocalTime;
using ashlar::zone::TimeZone;

void check_zone(const TimeZone& zone) {
  for (const std::int64_t start :
       {-60'000'000'000, -2'000'000'000L, 1'900'000'000L, 253'000'000'000}) {
    Time t{Seconds{start}};
    for (int i = 0; i < 8; ++i) {
      const TimeZone::Period period = zone.at(t);
      CHECK(period.from <= t && t < period.until);
      CHECK(period.offset() < TimeZone::kMaxOffset && -period.offset() < TimeZone::kMaxOffset);
      const LocalTime local = zone.local(t);
      CHECK(zone.first_reaching(local) <= t);
      CHECK(zone.furthest(t) >= local);
      CHECK(zone.local(zone.first_reaching(local)) >= local);
      if (period.until > Time{Seconds{253'300'000'000}}) break;
      t = period.until;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto zone = TimeZone::from_tzif("fuzz", bytes); zone.ok()) check_zone(*zone);
  if (const auto zone = TimeZone::from_rule("fuzz", bytes); zone.ok()) check_zone(*zone);
  return 0;
}
