// What can be said of a transfer or an account without looking at the book. Pure; any thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/transfer.h"
#include "modules/payments/ledger/verdict.h"

namespace ashlar::ledger {

// 1 to kMaxIdBytes of [A-Za-z0-9_.:-]
bool is_id(std::string_view id);
// 3 to 8 of [A-Z0-9]
bool is_currency(std::string_view currency);

// kCreated: nothing to say against its form (verdict.h). The id is not looked at.
Verdict check_form(const NewTransfer& transfer);
// kInvalid account_id_invalid, account_currency_invalid, account_name_invalid,
// account_metadata_invalid.
base::Status check_form(const NewAccount& account);

}  // namespace ashlar::ledger
