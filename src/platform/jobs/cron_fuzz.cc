// The first byte chooses a zone, eight more a moment, the rest is a schedule: what parses has runs,
// each strictly after the one before, at a full minute of local time unless a gap ends there.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "platform/jobs/cron.h"

namespace {

using ashlar::base::Time;
using ashlar::zone::TimeZone;

const TimeZone& zone_of(std::uint8_t choice) {
  static const std::array<TimeZone, 4> kZones{
      TimeZone::utc(), *TimeZone::from_rule("berlin", "CET-1CEST,M3.5.0,M10.5.0/3"),
      *TimeZone::from_rule("lord howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
      *TimeZone::from_rule("dublin", "IST-1GMT0,M10.5.0,M3.5.0/1")};
  return kZones[choice % kZones.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 9) return 0;
  const TimeZone& zone = zone_of(data[0]);
  std::int64_t micros = 0;
  std::memcpy(&micros, data + 1, sizeof micros);
  const auto cron = ashlar::jobs::Cron::parse(
      std::string_view(reinterpret_cast<const char*>(data) + 9, size - 9));
  if (!cron.ok()) {
    CHECK(std::string_view(cron.error().reason) == "cron_invalid");
    CHECK(!cron.error().detail.empty());
    return 0;
  }
  Time t = ashlar::base::from_micros(micros);
  for (int i = 0; i < 5; ++i) {
    const auto next = cron->next(zone, t);
    if (!next.ok()) {
      CHECK(std::string_view(next.error().reason) == "cron_ended");
      CHECK(t > ashlar::base::from_micros(240'000'000'000'000'000));  // the year 9575
      break;
    }
    CHECK(*next > t);
    const auto local = zone.local(*next);
    const bool full = std::chrono::floor<std::chrono::minutes>(local) == local;
    CHECK(full);
    // A Time that can be printed.
    CHECK(ashlar::base::parse_rfc3339(ashlar::base::format_rfc3339(*next)) == *next);
    t = *next;
  }
  return 0;
}
