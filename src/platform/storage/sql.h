// Sql: one statement of Ashlar, written once for SQLite and PostgreSQL.
//
// Parameters are ?1, ?2, … in the order of the call's Params; `:tenant` is bound by the platform
// from the Context and never by the caller. `pg` is given only where PostgreSQL must differ. The
// object is the key of the prepared-statement caches: give it static storage duration.
//
// Audience (checked at the first prepare, in every build):
//   kTenant    must mention :tenant; runs only under Context::tenant(). On SQLite this is what
//              keeps tenants apart; on PostgreSQL row-level security does so a second time.
//   kPlatform  may not mention :tenant; runs only under Context::platform(use).
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

namespace ashlar::storage {

enum class Audience : std::uint8_t { kTenant, kPlatform };

struct Sql {
  Audience audience;
  std::string_view text;
  std::string_view pg{};
};

struct Blob {
  std::string_view bytes;
};

// Texts and blobs are borrowed for the time of the call.
using Param = std::variant<std::nullptr_t, std::int64_t, double, std::string_view, Blob>;

}  // namespace ashlar::storage
