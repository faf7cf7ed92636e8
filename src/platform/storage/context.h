// Context: for whom a transaction runs, and until when.
//
// Most run for one tenant. The few that cannot (a redirect knows no tenant, a key is looked up
// before its tenant is known) run under a named PlatformUse; the enum is the whole list, and a test
// holds it against the statements that use it. On PostgreSQL the two run under two database roles.
#pragma once

#include <cstdint>
#include <optional>

#include "base/check.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::storage {

enum class PlatformUse : std::uint8_t {
  kKeyLookup,    // an API key names its tenant
  kTenantAdmin,  // create, list, export, delete tenants; the console's administrator
  kSettings,     // secrets and facts of the installation itself
  kRedirect,     // a code names its link
  kClickWriter,  // clicks of all tenants are written in one batch
  kActivity,     // activity of all tenants is read back and folded; our own has no tenant
  kLimits,       // changed rules of all tenants are followed
  kMaintenance,  // verify, clean-up of expired records
};

class Context {
 public:
  // REQUIRES: tenant.is_set()
  static Context tenant(base::TenantId tenant, std::optional<base::Mono> deadline = {}) {
    CHECK(tenant.is_set());
    return Context(tenant, PlatformUse::kSettings, deadline);
  }
  static Context platform(PlatformUse use, std::optional<base::Mono> deadline = {}) {
    return Context({}, use, deadline);
  }

  [[nodiscard]] bool is_tenant() const { return tenant_.is_set(); }
  [[nodiscard]] base::TenantId tenant_id() const { return tenant_; }
  [[nodiscard]] PlatformUse use() const { return use_; }
  [[nodiscard]] std::optional<base::Mono> deadline() const { return deadline_; }

 private:
  Context(base::TenantId tenant, PlatformUse use, std::optional<base::Mono> deadline)
      : tenant_(tenant), use_(use), deadline_(deadline) {}

  base::TenantId tenant_;
  PlatformUse use_;
  std::optional<base::Mono> deadline_;
};

}  // namespace ashlar::storage
