// The JSON of transfers: a request of many, what became of each, and one as it stands in the book.
// What accounts_json.h says of amounts holds here.
//
// A request whose form is wrong is refused whole, with each wrong field (400, 422); what the book
// says of a transfer of the right form (verdict.h) is that transfer's result alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/ledger/entry.h"
#include "modules/payments/ledger/transfer.h"
#include "modules/payments/ledger/verdict.h"
#include "platform/json/parse.h"
#include "platform/json/schema.h"

namespace ashlar::ledger {

struct LegJson {
  std::string account_id;
  std::string side;
  json::AnyJson amount;
};
struct NewTransferJson {
  std::optional<std::string> id;
  std::string kind = "posted";
  std::optional<std::string> debit_account_id, credit_account_id;
  std::optional<json::AnyJson> amount;
  std::optional<std::vector<LegJson>> legs;
  std::optional<std::string> currency;
  std::optional<std::string> pending_id;
  std::optional<std::int64_t> timeout_ms;
  bool keep_rest = false, linked = false;
  bool balancing_debit = false, balancing_credit = false;
  bool closing_debit = false, closing_credit = false;
  std::string code;
  json::Value::Object metadata;
};
struct NewTransfersJson {
  std::vector<NewTransferJson> transfers;
};

struct ResultJson {
  std::string id;
  std::string status;
  // Of what is booked.
  json::Patch<Amount> amount;
  json::Patch<base::Time> at;
  // Of what is not.
  json::Patch<std::string> reason, detail;
};
struct ResultsJson {
  std::int64_t created = 0, exists = 0, refused = 0;
  std::vector<ResultJson> results;
};

struct BookedLegJson {
  std::string account_id;
  std::string side;
  Amount amount = 0;
};
struct TransferJson {
  std::string id;
  std::string number;  // a place among all of the book's: 64 bits
  std::string kind;
  Amount amount = 0;
  std::vector<BookedLegJson> legs;
  std::optional<std::string> pending_id;
  std::optional<std::string> state;
  std::optional<Amount> left;
  std::optional<base::Time> expires_at;
  bool linked = false;
  std::optional<std::string> code;
  json::AnyJson metadata;
  base::Time at{};
};

const json::Schema<NewTransfersJson>& new_transfers_schema();
const json::Schema<ResultsJson>& results_schema();
const json::Schema<TransferJson>& transfer_schema();
const json::Schema<json::Page<TransferJson>>& transfer_page_schema();

// As many values as kMaxBatch transfers of a few legs have.
inline constexpr json::ParseLimits kTransferLimits{.max_depth = 16, .max_values = 400'000};

// A transfer as the book takes it, and what of it the book does not know.
struct AskedTransfer {
  NewTransfer transfer;  // without an id where none was given
  std::string currency;  // of all its accounts, where the caller has said so
};
// Error: kInvalid invalid_request, with fields.
base::Result<std::vector<AskedTransfer>> transfers_of(const NewTransfersJson& given);

ResultJson render(const NewTransfer& asked, const Outcome& outcome);
// `accounts`: of all its legs. `hold`: what it holds now, of a pending one.
TransferJson render(const Entry& entry, const std::string& hold_id,
                    const std::map<AccountNo, std::string>& accounts,
                    const std::optional<Hold>& hold);
const char* name_of(TransferKind kind);
const char* name_of(Side side);

}  // namespace ashlar::ledger
