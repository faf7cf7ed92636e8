// StatementPair: one statement as two, for functions that run in a tenant's transaction as well as
// in a platform one. Written once, with :tenant; the platform's twin is made by the compiler.
//
//   kOwned<"INSERT INTO t (tenant_id, a) VALUES (:tenant, ?1)", "", "?2">
//       the platform's has ?2 where the tenant's has :tenant: it is given the tenant last.
//   kById<"DELETE FROM t WHERE id = ?1 AND tenant_id = :tenant", "">
//       the platform's has " AND tenant_id = :tenant" left out: the id says whose it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "platform/storage/database.h"

namespace ashlar::jobs::store {

template <std::size_t N>
struct FixedText {
  char bytes[N]{};
  consteval FixedText(const char (&text)[N]) {  // NOLINT(*-explicit-*): a literal is meant
    for (std::size_t i = 0; i < N; ++i) bytes[i] = text[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {bytes, N - 1}; }
};

template <FixedText source, FixedText from, FixedText to>
class Replaced {
  static consteval std::size_t size() {
    std::size_t found = 0;
    for (std::size_t at = source.view().find(from.view()); at != std::string_view::npos;
         at = source.view().find(from.view(), at + from.view().size())) {
      ++found;
    }
    return source.view().size() + found * to.view().size() - found * from.view().size();
  }
  static consteval auto make() {
    std::array<char, size() + 1> out{};
    std::size_t written = 0;
    for (std::size_t i = 0; i < source.view().size();) {
      if (source.view().substr(i).starts_with(from.view())) {
        for (const char c : to.view()) out[written++] = c;
        i += from.view().size();
      } else {
        out[written++] = source.view()[i++];
      }
    }
    return out;
  }
  static constexpr std::array<char, size() + 1> kBytes = make();

 public:
  static constexpr std::string_view kText{kBytes.data(), size()};
};

struct StatementPair {
  storage::Sql tenant;
  storage::Sql platform;
  bool binds_tenant = false;  // the platform's takes it as its last parameter
};

template <FixedText text, FixedText pg, FixedText number>
inline constexpr StatementPair kOwned{
    {storage::Audience::kTenant, Replaced<text, ":tenant", ":tenant">::kText,
     Replaced<pg, ":tenant", ":tenant">::kText},
    {storage::Audience::kPlatform, Replaced<text, ":tenant", number>::kText,
     Replaced<pg, ":tenant", number>::kText},
    true};

template <FixedText text, FixedText pg = "">
inline constexpr StatementPair kById{
    {storage::Audience::kTenant, Replaced<text, ":tenant", ":tenant">::kText,
     Replaced<pg, ":tenant", ":tenant">::kText},
    {storage::Audience::kPlatform, Replaced<text, " AND tenant_id = :tenant", "">::kText,
     Replaced<pg, " AND tenant_id = :tenant", "">::kText},
    false};

template <class... Params>
base::Result<std::int64_t> query(storage::Transaction& tx, const StatementPair& pair,
                                 base::TenantId tenant, const storage::RowSink& sink,
                                 Params... params) {
  if (tx.context().is_tenant()) return tx.query(pair.tenant, {storage::Param(params)...}, sink);
  if (!pair.binds_tenant) return tx.query(pair.platform, {storage::Param(params)...}, sink);
  return tx.query(pair.platform, {storage::Param(params)..., storage::Param(tenant.value)}, sink);
}

template <class... Params>
base::Result<std::int64_t> execute(storage::Transaction& tx, const StatementPair& pair,
                                   base::TenantId tenant, Params... params) {
  if (tx.context().is_tenant()) return tx.execute(pair.tenant, {storage::Param(params)...});
  if (!pair.binds_tenant) return tx.execute(pair.platform, {storage::Param(params)...});
  return tx.execute(pair.platform, {storage::Param(params)..., storage::Param(tenant.value)});
}

}  // namespace ashlar::jobs::store
