// SandboxStatement: what the sandbox says has moved on a tenant's account in a day: its own form
// (JSON) and CSV, both as docs/payment-providers.md says, in minor units; and errors planted in it,
// for those who check statements. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/payments/providers/sandbox_book.h"

namespace ashlar::payments {

class SandboxDice;

inline constexpr std::size_t kMaxStatementLines = 100'000;

// What is wrong with a line on purpose.
enum class StatementError : std::uint8_t { kMissing, kExtra, kTwice, kAmount, kFee, kDate };
inline constexpr std::size_t kStatementErrors = 6;

struct SandboxStatement {
  struct Balance {
    std::int64_t opening = 0, closing = 0;
  };
  struct Planted {
    StatementError what = StatementError::kMissing;
    std::string reference;
  };

  std::string bank;
  base::Time day{};  // its first moment, UTC
  std::map<std::string, Balance> balances;
  std::vector<SandboxMove> lines;
  std::vector<Planted> planted;  // not in what is rendered
};

// Some lines become wrong, by the dice; balances stay what they are.
void plant_errors(SandboxStatement& statement, const SandboxDice& dice);

std::string statement_json(const SandboxStatement& statement);
std::string statement_csv(const SandboxStatement& statement);

}  // namespace ashlar::payments
