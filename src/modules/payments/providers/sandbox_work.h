// SandboxRules::Work: one step of the sandbox's: whose, when, with which call. Private to its
// rules.
#pragma once

#include <string>

#include "modules/payments/providers/sandbox_rules.h"

namespace ashlar::payments {

struct SandboxRules::Work {
  SandboxBook& book;
  base::TenantId tenant;
  base::Time now;
  const ProviderCall* call = nullptr;  // null: time itself is at work, or the customer

  // nullptr: not the tenant's, or of another kind.
  [[nodiscard]] const SandboxObject* find(const std::string& reference, SandboxKind kind) const {
    const SandboxObject* found = book.object(tenant, reference);
    return found != nullptr && found->kind == kind ? found : nullptr;
  }
};

}  // namespace ashlar::payments
