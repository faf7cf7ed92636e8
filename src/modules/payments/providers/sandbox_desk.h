// SandboxDesk: what is asked of the sandbox's book besides calls of payments: the customer's page,
// statements; and how what it has to tell is kept. Each function is one transaction of the book's
// own, but keep_notices(), which is part of one. Behind sandbox.h, whose promises these are.
#pragma once

#include <string_view>

#include "base/result.h"
#include "modules/payments/providers/sandbox.h"
#include "modules/payments/providers/sandbox_statement.h"
#include "platform/storage/context.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::payments {

// In which the book is written.
storage::Context sandbox_context();

base::Status keep_notices(storage::Transaction& tx, const SandboxRules& rules,
                          const SandboxBook& book, base::Time now);

base::Result<Sandbox::Action> read_action(storage::Database& db, const SandboxRules& rules,
                                          std::string_view token, base::Time now);
base::Status decide_action(storage::Database& db, const SandboxRules& rules, std::string_view token,
                           bool approves, base::Time now);

base::Result<SandboxStatement> read_statement(storage::Database& db, const SandboxRules& rules,
                                              base::TenantId tenant, base::Time day);

}  // namespace ashlar::payments
