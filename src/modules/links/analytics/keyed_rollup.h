// KeyedRollup: what one hour added to one subject; many of them as few bytes: the form of
// links_analytics_batches.data. Pure.
//
//   byte 1: the version, 1; then for each: varint tenant, varint length and key of the subject,
//   varint hour, varint clicks, varint length and the Rollup (length 0: none)
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/analytics/rollup.h"
#include "modules/links/click_count.h"

namespace ashlar::links::analytics {

struct RollupKey {
  base::TenantId tenant;
  std::string subject;
  Hour hour = 0;
  friend auto operator<=>(const RollupKey&, const RollupKey&) = default;
};

struct HourOf {
  std::int64_t clicks = 0;  // exact; of subjects other than links, which have counters of their own
  Rollup rollup;
  friend bool operator==(const HourOf&, const HourOf&) = default;
};

using KeyedRollups = std::map<RollupKey, HourOf>;

void append_keyed(std::string& out, const RollupKey& key, const HourOf& hour);
std::string encode_keyed(const KeyedRollups& rollups);
// What of it is already in `into` is added to. kInternal analytics_batch_damaged.
base::Status merge_keyed(std::string_view data, KeyedRollups& into);

}  // namespace ashlar::links::analytics
