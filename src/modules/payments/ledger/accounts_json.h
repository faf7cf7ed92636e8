// The JSON of accounts, their balances and the book as a whole: what the ledger's API takes and
// gives, declared once for parsing, rendering and OpenAPI. Transfers: transfers_json.h.
//
// Amounts are whole numbers of minor units, as JSON numbers. A transfer made by the API moves at
// most kMaxJsonAmount, so that each amount is exact in JavaScript too; totals may grow beyond.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/ledger/account.h"
#include "platform/json/schema.h"

namespace ashlar::ledger {

inline constexpr Amount kMaxJsonAmount = (std::int64_t{1} << 53) - 1;
inline constexpr std::size_t kMaxNewAccounts = 1'000;  // of one request
inline constexpr std::string_view kIdPattern = "^[A-Za-z0-9_.:-]+$";
inline constexpr std::string_view kCurrencyPattern = "^[A-Z0-9]{3,8}$";

// One account, or `accounts`: which of the two is the API's to check.
struct NewAccountJson {
  std::optional<std::string> id;
  std::string currency;
  std::string name;
  bool debits_must_not_exceed_credits = false;
  bool credits_must_not_exceed_debits = false;
  json::Value::Object metadata;
};
struct NewAccountsJson {
  std::optional<std::string> id;
  std::optional<std::string> currency;
  std::string name;
  bool debits_must_not_exceed_credits = false;
  bool credits_must_not_exceed_debits = false;
  json::Value::Object metadata;
  std::optional<std::vector<NewAccountJson>> accounts;
};

struct AccountJson {
  std::string id;
  std::string currency;
  std::optional<std::string> name;
  bool debits_must_not_exceed_credits = false;
  bool credits_must_not_exceed_debits = false;
  bool reserved = false;
  std::optional<bool> closed;
  Amount debits_pending = 0, debits_posted = 0, credits_pending = 0, credits_posted = 0;
  Amount balance = 0;
  std::optional<Amount> available;
  std::int64_t legs = 0;
  json::AnyJson metadata;
  base::Time created_at{};
  std::optional<base::Time> at;
};
// What opening answers, for its description alone: an account, or with `accounts` a list of them.
struct MadeAccountsJson {
  std::string id, currency;
  std::vector<AccountJson> accounts;
};

// What an account's page and its statement show of a leg.
struct LegRowJson {
  std::int64_t number = 0;
  std::string transfer_id;
  std::string kind;
  std::string side;
  Amount amount = 0;
  Amount debits_pending = 0, debits_posted = 0, credits_pending = 0, credits_posted = 0;
  Amount balance = 0;
  std::optional<std::string> code;
  base::Time at{};
};

struct CurrencyTotalsJson {
  std::string currency;
  std::int64_t accounts = 0;
  Amount debits_pending = 0, debits_posted = 0, credits_pending = 0, credits_posted = 0;
  bool balanced = true;
};
struct TrialBalanceJson {
  bool balanced = true;
  std::vector<CurrencyTotalsJson> currencies;
  std::int64_t seq = 0;
  base::Time at{};
};

struct HeadJson {
  base::TenantId tenant;
  std::int64_t seq = 0, transfers = 0;
  base::Time at{};
  std::string hash, algorithm, public_key, signature;
};

const json::Schema<NewAccountsJson>& new_accounts_schema();
const json::Schema<AccountJson>& account_schema();
const json::Schema<MadeAccountsJson>& made_accounts_schema();
const json::Schema<json::Page<AccountJson>>& account_page_schema();
const json::Schema<json::Page<LegRowJson>>& leg_page_schema();
const json::Schema<LegRowJson>& leg_row_schema();
const json::Schema<TrialBalanceJson>& trial_balance_schema();
const json::Schema<HeadJson>& head_schema();

// The accounts that are asked for; those that were given no id have none yet. Error: kInvalid
// invalid_request, with fields.
base::Result<std::vector<NewAccount>> accounts_of(const NewAccountsJson& given);

AccountJson render(const Account& account, std::optional<base::Time> at = std::nullopt);

Amount balance_of(const Totals& totals);
// What may still be moved away from the account: nullopt where no rule bounds it.
std::optional<Amount> available_of(const AccountRules& rules, const Totals& totals);

// `text` is no longer than kMaxMetadataBytes, else the field `where` is too_long.
std::optional<base::FieldError> check_metadata(const std::string& text, std::string where);
// Adds card_number_refused where the text looks as if it held one: the book keeps for ever.
void refuse_card_number(std::string_view text, std::string where,
                        std::vector<base::FieldError>& wrong);
// The same for an id, which machines make: only one that is a card number and nothing else.
void refuse_card_number_as_id(std::string_view id, std::string where,
                              std::vector<base::FieldError>& wrong);
base::Error invalid_request(std::vector<base::FieldError> fields);

}  // namespace ashlar::ledger
