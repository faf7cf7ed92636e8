// OrphanVisit: a visit on a domain that led to no link: what is counted of it, and what is kept of
// some one by one: when, what was asked for (without its query), from which site, with what kind of
// program. Never an address. On the installation's own host there is none: it is no tenant's.
// Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/links/click_detail.h"
#include "modules/links/link.h"

namespace ashlar::links::orphans {

// Stored as these numbers.
enum class Kind : std::uint8_t {
  kBaseUrl = 0,          // the bare host
  kInvalidShortUrl = 1,  // what could be a code and is none, or none yet
  kRegular404 = 2,       // what can be no code
};
inline constexpr std::array kKinds{Kind::kBaseUrl, Kind::kInvalidShortUrl, Kind::kRegular404};

// "base_url", "invalid_short_url", "regular_404": Shlink's words for them.
std::string_view kind_name(Kind kind);
std::optional<Kind> kind_named(std::string_view name);
Kind kind_from_stored(std::int64_t number);

// Views live for the time of the call.
struct OrphanVisit {
  base::TenantId tenant;
  DomainId domain;
  Kind kind = Kind::kInvalidShortUrl;
  base::Time at{};
  std::string_view path{};        // as sent, with its '/'
  std::string_view referrer{};    // the Referer header
  std::string_view user_agent{};  // the User-Agent header
};

}  // namespace ashlar::links::orphans
