// How rows of the ledger's tables are read and how lists go into statements, for the store's files.
//
// A list is a JSON array on both engines ("[1,2]"): what is in it is numbers, or ids, which need no
// escaping.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modules/payments/ledger/ledger_store.h"

namespace ashlar::storage {
class Row;
}

namespace ashlar::ledger::store {

// REQUIRES: each is_id() (transfer_form.h), or "~" and a number.
std::string json_list(std::span<const std::string> ids);
std::string json_list(std::span<const std::int64_t> numbers);
std::vector<std::int64_t> parse_numbers(std::string_view list);

std::int64_t rule_bits(const AccountRules& rules);

// Columns in the order of the SELECTs in ledger_store.cc.
HeadRow head_of(const storage::Row& row);
BatchRow batch_of(const storage::Row& row);
Account account_of(const storage::Row& row);
EntryRow entry_of(const storage::Row& row);
LegRow leg_of(const storage::Row& row);

// Of ledger_store.cc and ledger_writes.cc.
std::span<const storage::Sql* const> read_statements();
std::span<const storage::Sql* const> write_statements();

}  // namespace ashlar::ledger::store
