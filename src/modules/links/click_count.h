// ClickCount: how many clicks one link got in one hour; the unit in which clicks are added up.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::links {

// Hours since 1970, UTC. The first hour of 1970 counts as the second: 0 means "total" in the
// database.
using Hour = std::int64_t;
inline constexpr Hour kTotal = 0;

constexpr Hour hour_of(base::Time at) {
  return std::max<std::int64_t>(1, base::to_unix_seconds(at) / 3600);
}
constexpr base::Time start_of(Hour hour) { return base::from_micros(hour * 3'600'000'000); }

struct ClickCount {
  base::TenantId tenant;
  LinkId link;
  Hour hour = kTotal;
  std::int64_t clicks = 0;

  // The order of the database's key, so that rows are written from left to right.
  [[nodiscard]] bool same_key(const ClickCount& other) const {
    return tenant == other.tenant && link == other.link && hour == other.hour;
  }
  friend std::strong_ordering operator<=>(const ClickCount& a, const ClickCount& b) {
    if (const auto order = a.tenant <=> b.tenant; order != 0) return order;
    if (const auto order = a.link <=> b.link; order != 0) return order;
    return a.hour <=> b.hour;
  }
  friend bool operator==(const ClickCount&, const ClickCount&) = default;
};

}  // namespace ashlar::links
