// ClickNotice: what instances on one database tell each other about clicks that somebody watches
// (click_relay.h), as the text of a storage notice. Pure.
//
//   w SENDER TENANT TENANT …            there are streams of these tenants here
//   c SENDER TENANT:LINK:CLICKS:device=2,device=1:COUNTRY=3 …
//
// Bounded: a notice has at most kMaxBytes, the busiest links first; what has no room is not told.
// What a newer version says and this one does not know is no notice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "modules/links/link.h"

namespace ashlar::links {

struct LiveClicks {
  base::TenantId tenant;
  LinkId link;
  std::int64_t clicks = 0;
  std::map<std::string, std::int64_t, std::less<>> devices{};
  std::map<std::string, std::int64_t, std::less<>> countries{};
  friend bool operator==(const LiveClicks&, const LiveClicks&) = default;
};

struct ClickNotice {
  static constexpr std::size_t kMaxBytes = 3'900;

  std::uint64_t sender = 0;
  std::vector<base::TenantId> watched{};  // either these
  std::vector<LiveClicks> clicks{};       // or these
  friend bool operator==(const ClickNotice&, const ClickNotice&) = default;
};

std::string watch_notice(std::uint64_t sender, std::span<const base::TenantId> watched);
// Names other than [A-Za-z0-9_-]{1,20} are left out.
std::string clicks_notice(std::uint64_t sender, std::vector<LiveClicks> clicks);
std::optional<ClickNotice> parse_click_notice(std::string_view text);

}  // namespace ashlar::links
