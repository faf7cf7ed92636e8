#include "modules/payments/ledger/accounts_json.h"

#include <utility>

#include "modules/payments/card_numbers.h"
#include "modules/payments/ledger/reserved_ids.h"
#include "platform/json/writer.h"

namespace ashlar::ledger {
namespace {

using base::FieldError;

constexpr std::string_view kIdDoc =
    "Yours: 1 to 64 letters, digits, _ . : - and unique in your book. Made up where you give none.";
constexpr std::string_view kCurrencyDoc =
    "3 to 8 capital letters and digits; all legs on the account are in it.";
constexpr std::string_view kDebitRule =
    "What leaves it, holds included, must not exceed what has come in: a wallet.";
constexpr std::string_view kCreditRule =
    "The other way round: what comes in must not exceed what has left.";
constexpr std::string_view kMetadataDoc =
    "Anything of yours, at most 2,048 bytes; the ledger only keeps it.";

constexpr json::FieldRules amount(std::string_view doc, std::int64_t example) {
  return {.doc = doc, .example = example};
}

// What both an account of a list and one alone may be given.
template <class T>
json::Schema<T>& with_account_fields(json::Schema<T>& schema) {
  return schema
      .optional("id", &T::id,
                {.doc = kIdDoc,
                 .max_length = kMaxIdBytes,
                 .pattern = kIdPattern,
                 .example = "customer:42:usd"})
      .optional("currency", &T::currency,
                {.doc = kCurrencyDoc, .pattern = kCurrencyPattern, .example = "USD"})
      .optional("name", &T::name,
                {.doc = "For people.", .max_length = kMaxNameBytes, .example = "Wallet of Ada"})
      .optional("debits_must_not_exceed_credits", &T::debits_must_not_exceed_credits,
                {.doc = kDebitRule, .example = true})
      .optional("credits_must_not_exceed_debits", &T::credits_must_not_exceed_debits,
                {.doc = kCreditRule})
      .optional("metadata", &T::metadata, {.doc = kMetadataDoc, .example = R"({"user":"42"})"});
}

const json::Schema<NewAccountJson>& new_account_schema() {
  static const auto kSchema = [] {
    json::Schema<NewAccountJson> schema("LedgerAccountOfList", "One of several new accounts.");
    with_account_fields(schema);
    return schema;
  }();
  return kSchema;
}

template <class T>
json::Schema<T>& with_totals(json::Schema<T>& schema) {
  return schema
      .required("debits_pending", &T::debits_pending,
                amount("Held to be debited: the sum of the open holds.", 300))
      .required("debits_posted", &T::debits_posted, amount("Debited; it only grows.", 1'200))
      .required("credits_pending", &T::credits_pending, amount("Held to be credited.", 0))
      .required("credits_posted", &T::credits_posted, amount("Credited; it only grows.", 5'000));
}

std::string metadata_text(const json::Value::Object& metadata) {
  return metadata.empty() ? std::string() : json::to_text(json::Value(metadata));
}

FieldError required(std::string field) { return {std::move(field), "required", "must be given"}; }

void read_account(const NewAccountJson& given, const std::string& where,
                  std::vector<NewAccount>& accounts, std::vector<FieldError>& wrong) {
  if (given.currency.empty()) wrong.push_back(required(where + "/currency"));
  if (given.id && given.id->empty()) {
    wrong.push_back({where + "/id", "too_short", "must not be empty"});
  }
  if (given.id && is_reserved_account(*given.id)) {
    wrong.push_back({where + "/id", "id_reserved", "begins as the ids of Ashlar's own accounts"});
  }
  std::string metadata = metadata_text(given.metadata);
  if (auto error = check_metadata(metadata, where + "/metadata")) wrong.push_back(*error);
  refuse_card_number_as_id(given.id.value_or(""), where + "/id", wrong);
  refuse_card_number(given.name, where + "/name", wrong);
  refuse_card_number(metadata, where + "/metadata", wrong);
  accounts.push_back(
      {.id = given.id.value_or(""),
       .currency = given.currency,
       .rules = {.debits_must_not_exceed_credits = given.debits_must_not_exceed_credits,
                 .credits_must_not_exceed_debits = given.credits_must_not_exceed_debits,
                 .reserved = false},
       .name = given.name,
       .metadata = std::move(metadata)});
}

NewAccountJson the_one(const NewAccountsJson& given) {
  return {.id = given.id,
          .currency = given.currency.value_or(""),
          .name = given.name,
          .debits_must_not_exceed_credits = given.debits_must_not_exceed_credits,
          .credits_must_not_exceed_debits = given.credits_must_not_exceed_debits,
          .metadata = given.metadata};
}

bool has_own_fields(const NewAccountsJson& given) {
  return given.id || given.currency || !given.name.empty() || !given.metadata.empty() ||
         given.debits_must_not_exceed_credits || given.credits_must_not_exceed_debits;
}

}  // namespace

const json::Schema<NewAccountsJson>& new_accounts_schema() {
  static const auto kSchema = [] {
    json::Schema<NewAccountsJson> schema(
        "NewLedgerAccount", "A new account, or with `accounts` several: all are made, or none.");
    with_account_fields(schema).optional("accounts", &NewAccountsJson::accounts,
                                         new_account_schema(),
                                         {.doc = "Several accounts; then nothing else is given.",
                                          .min_items = 1,
                                          .max_items = kMaxNewAccounts});
    return schema;
  }();
  return kSchema;
}

const json::Schema<AccountJson>& account_schema() {
  static const auto kSchema = [] {
    json::Schema<AccountJson> schema("LedgerAccount", "An account and what is on it.");
    schema.required("id", &AccountJson::id, {.doc = kIdDoc, .example = "customer:42:usd"})
        .required("currency", &AccountJson::currency, {.doc = kCurrencyDoc, .example = "USD"})
        .required("name", &AccountJson::name, {.doc = "For people.", .example = "Wallet of Ada"})
        .required("debits_must_not_exceed_credits", &AccountJson::debits_must_not_exceed_credits,
                  {.doc = kDebitRule, .example = true})
        .required("credits_must_not_exceed_debits", &AccountJson::credits_must_not_exceed_debits,
                  {.doc = kCreditRule})
        .required("reserved", &AccountJson::reserved,
                  {.doc = "Kept by Ashlar itself (payments): you read it, and move nothing on it."})
        .required(
            "closed", &AccountJson::closed,
            {.doc =
                 "A closing hold is open: nothing else moves until it is voided. Null with ?at."});
    with_totals(schema)
        .required("balance", &AccountJson::balance,
                  amount("credits_posted - debits_posted.", 3'800))
        .required(
            "available", &AccountJson::available,
            amount("What its rule still lets move, holds counted; null without a rule.", 3'500))
        .required("legs", &AccountJson::legs,
                  {.doc = "So many have moved it; each is a row of its statement.", .example = 7})
        .required("metadata", &AccountJson::metadata,
                  {.doc = kMetadataDoc, .example = R"({"user":"42"})"})
        .required("created_at", &AccountJson::created_at, {.example = "2026-11-22T10:00:00Z"})
        .required("at", &AccountJson::at,
                  {.doc = "The time that the totals are of, where one was asked for; else null."});
    return schema;
  }();
  return kSchema;
}

const json::Schema<MadeAccountsJson>& made_accounts_schema() {
  static const auto kSchema =
      json::Schema<MadeAccountsJson>(
          "LedgerAccountsMade",
          "The account, with every field of LedgerAccount; or, where `accounts` was given, a list.")
          .optional("id", &MadeAccountsJson::id, {.example = "customer:42:usd"})
          .optional("currency", &MadeAccountsJson::currency, {.example = "USD"})
          .optional("accounts", &MadeAccountsJson::accounts, account_schema(),
                    {.doc = "In the order of the request."});
  return kSchema;
}

const json::Schema<json::Page<AccountJson>>& account_page_schema() {
  static const auto kSchema = json::page_schema(account_schema());
  return kSchema;
}

const json::Schema<LegRowJson>& leg_row_schema() {
  static const auto kSchema = [] {
    json::Schema<LegRowJson> schema("LedgerLeg", "What one transfer did to an account.");
    schema
        .required("number", &LegRowJson::number,
                  {.doc = "1 is the account's first; none is left out.", .example = 7})
        .required("at", &LegRowJson::at, {.example = "2026-11-22T10:00:00Z"})
        .required("transfer_id", &LegRowJson::transfer_id, {.example = "order:77"})
        .required("kind", &LegRowJson::kind,
                  {.doc = "Of the transfer; expire: the book released a hold whose time was over.",
                   .one_of = {"posted", "pending", "post", "void", "expire"}})
        .required("side", &LegRowJson::side, {.one_of = {"debit", "credit"}})
        .required("amount", &LegRowJson::amount, amount("Minor units.", 1'200));
    with_totals(schema)
        .required("balance", &LegRowJson::balance, amount("Of the account after this leg.", 3'800))
        .required("code", &LegRowJson::code, {.doc = "Of the transfer.", .example = "sale"});
    return schema;
  }();
  return kSchema;
}

const json::Schema<json::Page<LegRowJson>>& leg_page_schema() {
  static const auto kSchema = json::page_schema(leg_row_schema());
  return kSchema;
}

const json::Schema<TrialBalanceJson>& trial_balance_schema() {
  static const auto kTotals = [] {
    json::Schema<CurrencyTotalsJson> schema("LedgerCurrencyTotals",
                                            "The sums over all accounts of a currency.");
    schema.required("currency", &CurrencyTotalsJson::currency, {.example = "USD"})
        .required("accounts", &CurrencyTotalsJson::accounts, {.example = 12});
    with_totals(schema).required(
        "balanced", &CurrencyTotalsJson::balanced,
        {.doc = "Debits are credits, pending and posted alike.", .example = true});
    return schema;
  }();
  static const auto kSchema =
      json::Schema<TrialBalanceJson>("LedgerTrialBalance", "Whether the book adds up, now.")
          .required("balanced", &TrialBalanceJson::balanced,
                    {.doc = "Every currency is.", .example = true})
          .required("currencies", &TrialBalanceJson::currencies, kTotals)
          .required("seq", &TrialBalanceJson::seq,
                    {.doc = "The last batch of the book.", .example = 1'041})
          .required("at", &TrialBalanceJson::at, {.example = "2026-11-22T10:00:00Z"});
  return kSchema;
}

const json::Schema<HeadJson>& head_schema() {
  static const auto kSchema =
      json::Schema<HeadJson>("LedgerHead",
                             "Where the book ends, signed: keep it elsewhere, and `ashlar verify "
                             "--head FILE` shows whether anything before it was changed or lost.")
          .required("tenant", &HeadJson::tenant, {.doc = "Whose book.", .example = "1"})
          .required("seq", &HeadJson::seq, {.doc = "The last batch; 0: none.", .example = 1'041})
          .required("transfers", &HeadJson::transfers, {.doc = "In the book.", .example = 52'310})
          .required("at", &HeadJson::at, {.doc = "Of the last batch."})
          .required("hash", &HeadJson::hash,
                    {.doc = "SHA-256 over the whole chain, hexadecimal.",
                     .example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})
          .required("algorithm", &HeadJson::algorithm, {.one_of = {"ed25519"}})
          .required("public_key", &HeadJson::public_key,
                    {.doc = "32 bytes, base64url.",
                     .example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
          .required("signature", &HeadJson::signature,
                    {.doc = "64 bytes, base64url; docs/ledger.md says of what.",
                     .example = "hgyY0il-MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5"
                                "BhVsPt9g7sVvpAr_MuM0KAg"});
  return kSchema;
}

base::Result<std::vector<NewAccount>> accounts_of(const NewAccountsJson& given) {
  std::vector<NewAccount> accounts;
  std::vector<FieldError> wrong;
  if (!given.accounts) {
    read_account(the_one(given), "", accounts, wrong);
  } else if (has_own_fields(given)) {
    wrong.push_back({"/accounts", "not_allowed", "stands alone, or is not given"});
  } else {
    for (std::size_t i = 0; i < given.accounts->size(); ++i) {
      if (wrong.size() >= json::Shape::kMaxFieldErrors) break;
      read_account((*given.accounts)[i], "/accounts/" + std::to_string(i), accounts, wrong);
    }
  }
  if (!wrong.empty()) return invalid_request(std::move(wrong));
  return accounts;
}

AccountJson render(const Account& account, std::optional<base::Time> at) {
  const Totals& totals = account.totals;
  return {.id = account.id,
          .currency = account.currency,
          .name = account.name.empty() ? std::nullopt : std::optional(account.name),
          .debits_must_not_exceed_credits = account.rules.debits_must_not_exceed_credits,
          .credits_must_not_exceed_debits = account.rules.credits_must_not_exceed_debits,
          .reserved = account.rules.reserved,
          .closed = at ? std::nullopt : std::optional(account.closing > 0),
          .debits_pending = totals.debits_pending,
          .debits_posted = totals.debits_posted,
          .credits_pending = totals.credits_pending,
          .credits_posted = totals.credits_posted,
          .balance = balance_of(totals),
          .available = available_of(account.rules, totals),
          .legs = account.legs,
          .metadata = {account.metadata.empty() ? "{}" : account.metadata},
          .created_at = account.created_at,
          .at = at};
}

Amount balance_of(const Totals& totals) { return totals.credits_posted - totals.debits_posted; }

std::optional<Amount> available_of(const AccountRules& rules, const Totals& totals) {
  if (rules.debits_must_not_exceed_credits) {
    return totals.credits_posted - totals.debits_posted - totals.debits_pending;
  }
  if (rules.credits_must_not_exceed_debits) {
    return totals.debits_posted - totals.credits_posted - totals.credits_pending;
  }
  return std::nullopt;
}

std::optional<FieldError> check_metadata(const std::string& text, std::string where) {
  if (text.size() <= kMaxMetadataBytes) return std::nullopt;
  return FieldError{std::move(where), "too_long", "must have at most 2,048 bytes as JSON"};
}

void refuse_card_number(std::string_view text, std::string where, std::vector<FieldError>& wrong) {
  if (!payments::holds_card_number(text)) return;
  wrong.push_back({std::move(where), "card_number_refused",
                   "looks like a card number; none is taken or kept here"});
}

void refuse_card_number_as_id(std::string_view id, std::string where,
                              std::vector<FieldError>& wrong) {
  if (payments::is_card_number(id)) refuse_card_number(id, std::move(where), wrong);
}

base::Error invalid_request(std::vector<FieldError> fields) {
  return {base::Code::kInvalid, "invalid_request", "Some fields of the request are wrong.",
          std::move(fields)};
}

}  // namespace ashlar::ledger
