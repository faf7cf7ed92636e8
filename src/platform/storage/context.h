// Context: for whom a transaction runs, until when, and how apart from others.
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
  kKeyLookup,      // an API key names its tenant
  kTenantAdmin,    // create, list, export, delete tenants; the console's administrator
  kSettings,       // secrets and facts of the installation itself
  kRedirect,       // a code names its link
  kClickWriter,    // clicks of all tenants are written in one batch
  kActivity,       // activity of all tenants is read back and folded; our own has no tenant
  kLimits,         // changed rules of all tenants are followed
  kJobs,           // jobs of all tenants are leased, ended and tended
  kEvents,         // the log of events is read, consumers' effects and positions commit
  kSagas,          // steps of all tenants' sagas are moved on
  kPayments,       // unknown ends and holds of all tenants; the sandbox's book, which is a bank's
  kMaintenance,    // verify, clean-up of expired records
  kDocuments,      // updates of all tenants' documents are written in one batch; their old log goes
  kNotifications,  // ends of all tenants' sends commit in batches; providers' callbacks come in
};

// What PostgreSQL promises a write. SQLite has one writer, so there all are serializable.
enum class Isolation : std::uint8_t {
  kSerializable,
  kReadCommitted,  // for statements that take rows by SKIP LOCKED and name each row they change
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

  // The same, but READ COMMITTED: only where a statement's own row locks keep the promise.
  [[nodiscard]] Context read_committed() const {
    Context other = *this;
    other.isolation_ = Isolation::kReadCommitted;
    return other;
  }

  [[nodiscard]] bool is_tenant() const { return tenant_.is_set(); }
  [[nodiscard]] base::TenantId tenant_id() const { return tenant_; }
  [[nodiscard]] PlatformUse use() const { return use_; }
  [[nodiscard]] std::optional<base::Mono> deadline() const { return deadline_; }
  [[nodiscard]] Isolation isolation() const { return isolation_; }

 private:
  Context(base::TenantId tenant, PlatformUse use, std::optional<base::Mono> deadline)
      : tenant_(tenant), use_(use), deadline_(deadline) {}

  base::TenantId tenant_;
  PlatformUse use_;
  std::optional<base::Mono> deadline_;
  Isolation isolation_ = Isolation::kSerializable;
};

}  // namespace ashlar::storage
