// CallerTerms: what a caller may say about how its request is to be treated, read from its head.
//
//   Priority: u=6             RFC 9218. u=5 to u=7 make a request batch; u=0 to u=4 say nothing: a
//                             caller can lower its own request, never raise it above its route's.
//   Ashlar-Timeout-Ms: 250    for how long the caller will wait, from when it sent the request: a
//                             duration, because clocks differ (the idea is userver's). Digits only,
//                             0 to 86,400,000.
//
// A Priority that is no RFC 9218 dictionary says nothing, as the RFC wants. An Ashlar-Timeout-Ms
// that is no such number is a mistake that its author must hear of: kInvalid bad_timeout. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::http {

// Whose work goes first when there is too much of it.
enum class Importance : std::uint8_t {
  kLive,   // somebody waits for it
  kBatch,  // exports, backfills, crawlers: may as well run later
};
inline constexpr std::size_t kImportances = 2;

// The route's own importance, lowered where the field Priority says so.
Importance importance_of(Importance routes_own, std::string_view priority);

// nullopt: the caller named none.
base::Result<std::optional<base::Millis>> timeout_of(std::string_view ashlar_timeout_ms);

}  // namespace ashlar::http
