#include "modules/payments/ledger/transfers_json.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "modules/payments/ledger/accounts_json.h"
#include "modules/payments/ledger/reserved_ids.h"
#include "platform/json/writer.h"

namespace ashlar::ledger {
namespace {

using base::FieldError;

constexpr std::string_view kIdDoc =
    "Yours: 1 to 64 letters, digits, _ . : - and unique in your book. It makes the transfer safe "
    "to repeat for ever: the same again is `exists`. Made up where you give none.";
constexpr std::string_view kAmountDoc =
    "Minor units (cents): a whole number from 1 to 9007199254740991, or a string of its digits.";
constexpr std::string_view kMetadataDoc =
    "Anything of yours, at most 2,048 bytes; the ledger only keeps it.";

constexpr std::array<const char*, 4> kStates{"open", "posted", "voided", "expired"};
constexpr std::array<const char*, 5> kKinds{"posted", "pending", "post", "void", "expire"};

const json::Schema<LegJson>& leg_schema() {
  static const auto kSchema =
      json::Schema<LegJson>("LedgerNewLeg", "What moves on one account.")
          .required("account_id", &LegJson::account_id,
                    {.min_length = 1,
                     .max_length = kMaxIdBytes,
                     .pattern = kIdPattern,
                     .example = "customer:42:usd"})
          .required("side", &LegJson::side, {.one_of = {"debit", "credit"}, .example = "debit"})
          .required("amount", &LegJson::amount, {.doc = kAmountDoc, .example = "1200"});
  return kSchema;
}

void add_movement(json::Schema<NewTransferJson>& schema) {
  using T = NewTransferJson;
  schema
      .optional("id", &T::id,
                {.doc = kIdDoc,
                 .min_length = 1,
                 .max_length = kMaxIdBytes,
                 .pattern = kIdPattern,
                 .example = "order:77"})
      .optional("kind", &T::kind,
                {.doc = "posted: at once; pending: a hold; post, void: what becomes of a hold.",
                 .one_of = {"posted", "pending", "post", "void"},
                 .example = "posted"})
      .optional("debit_account_id", &T::debit_account_id,
                {.doc = "Where it comes from.",
                 .max_length = kMaxIdBytes,
                 .pattern = kIdPattern,
                 .example = "customer:42:usd"})
      .optional("credit_account_id", &T::credit_account_id,
                {.doc = "Where it goes to.",
                 .max_length = kMaxIdBytes,
                 .pattern = kIdPattern,
                 .example = "shop:sales:usd"})
      .optional("amount", &T::amount, {.doc = kAmountDoc, .example = "1200"})
      .optional("legs", &T::legs, leg_schema(),
                {.doc = "In place of the three above: 2 to 64 accounts, debits equal to credits in "
                        "each currency.",
                 .min_items = 1,
                 .max_items = kMaxLegs})
      .optional("currency", &T::currency,
                {.doc = "A check: the request is refused where an account has another.",
                 .pattern = kCurrencyPattern});
}

void add_terms(json::Schema<NewTransferJson>& schema) {
  using T = NewTransferJson;
  schema
      .optional("pending_id", &T::pending_id,
                {.doc = "Of post and void: the id of the hold. A post without an amount takes all "
                        "that is left.",
                 .min_length = 1,
                 .max_length = kMaxIdBytes,
                 .pattern = kIdPattern})
      .optional("timeout_ms", &T::timeout_ms,
                {.doc = "Of a hold: after so long it is released by itself.",
                 .min = 1,
                 .max = kMaxTimeout.count()})
      .optional("keep_rest", &T::keep_rest,
                {.doc = "Of a post: what it leaves stays held, for further posts."})
      .optional("linked", &T::linked,
                {.doc = "With the next one: both are booked, or none. The last of a chain is not "
                        "linked."})
      .optional("balancing_debit", &T::balancing_debit,
                {.doc = "Moves what the debited account has left, at most `amount`."})
      .optional("balancing_credit", &T::balancing_credit,
                {.doc = "Moves what the credited account can take, at most `amount`."})
      .optional("closing_debit", &T::closing_debit,
                {.doc = "Of a hold: closes the debited account until it is voided."})
      .optional("closing_credit", &T::closing_credit,
                {.doc = "Of a hold: closes the credited account until it is voided."})
      .optional("code", &T::code,
                {.doc = "What for, in your words.", .max_length = kMaxCodeBytes, .example = "sale"})
      .optional("metadata", &T::metadata, {.doc = kMetadataDoc, .example = R"({"order":"77"})"});
}

// What is wrong with one transfer of a request is gathered here.
class Reader {
 public:
  Reader(const NewTransferJson& given, std::string where, std::vector<FieldError>& wrong)
      : given_(given), where_(std::move(where)), wrong_(wrong) {}

  AskedTransfer read() {
    NewTransfer& t = asked_.transfer;
    t.id = given_.id.value_or("");
    must_be_free(t.id);
    t.kind = kind_of(given_.kind);
    t.hold = given_.pending_id.value_or("");
    if (given_.timeout_ms) t.timeout = base::Millis{*given_.timeout_ms};
    t.keep_rest = given_.keep_rest;
    t.linked = given_.linked;
    t.balancing_debit = given_.balancing_debit;
    t.balancing_credit = given_.balancing_credit;
    t.closing_debit = given_.closing_debit;
    t.closing_credit = given_.closing_credit;
    t.code = given_.code;
    if (!given_.metadata.empty()) t.metadata = json::to_text(json::Value(given_.metadata));
    if (auto error = check_metadata(t.metadata, where_ + "/metadata")) wrong_.push_back(*error);
    refuse_card_number_as_id(t.id, where_ + "/id", wrong_);
    refuse_card_number(t.code, where_ + "/code", wrong_);
    refuse_card_number(t.metadata, where_ + "/metadata", wrong_);
    asked_.currency = given_.currency.value_or("");
    const bool of_hold = t.kind == TransferKind::kPost || t.kind == TransferKind::kVoid;
    if (of_hold) {
      need(given_.pending_id.has_value(), "pending_id");
    } else {
      must_not(given_.pending_id.has_value(), "pending_id", "is of post and void alone");
    }
    const bool without_accounts = !given_.legs && !given_.debit_account_id;
    must_not(given_.currency && of_hold && without_accounts, "currency",
             "is checked against accounts that are given");
    must_not(given_.timeout_ms && t.kind != TransferKind::kPending, "timeout_ms",
             "is of pending ones alone");
    read_money();
    return std::move(asked_);
  }

 private:
  static TransferKind kind_of(const std::string& name) {
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      if (name == kKinds[i]) return static_cast<TransferKind>(i);
    }
    CHECK(false);
  }

  void read_money() {
    NewTransfer& t = asked_.transfer;
    const bool pair = given_.debit_account_id || given_.credit_account_id;
    if (t.kind == TransferKind::kVoid) {
      must_not(given_.amount.has_value(), "amount", "is not of a void: all is released");
      must_not(given_.legs.has_value(), "legs", "are not of a void: all is released");
      must_not(pair, "debit_account_id", "is not of a void: the hold names the accounts");
      return;
    }
    if (given_.legs) {
      must_not(given_.amount.has_value(), "amount", "is not given beside legs");
      must_not(given_.debit_account_id.has_value(), "debit_account_id", "is not given beside legs");
      must_not(given_.credit_account_id.has_value(), "credit_account_id",
               "is not given beside legs");
      return read_legs();
    }
    if (t.kind == TransferKind::kPost && !pair) {
      if (given_.amount) t.part = amount_of(*given_.amount, where_ + "/amount");
      return;
    }
    need(given_.debit_account_id.has_value(), "debit_account_id");
    need(given_.credit_account_id.has_value(), "credit_account_id");
    need(given_.amount.has_value(), "amount");
    if (!given_.amount) return;
    const Amount amount = amount_of(*given_.amount, where_ + "/amount");
    t.legs = {{given_.debit_account_id.value_or(""), Side::kDebit, amount},
              {given_.credit_account_id.value_or(""), Side::kCredit, amount}};
  }

  void read_legs() {
    for (std::size_t i = 0; i < given_.legs->size(); ++i) {
      const LegJson& leg = (*given_.legs)[i];
      const Side side = leg.side == "debit" ? Side::kDebit : Side::kCredit;
      asked_.transfer.legs.push_back(
          {leg.account_id, side,
           amount_of(leg.amount, where_ + "/legs/" + std::to_string(i) + "/amount")});
    }
  }

  // A number, or a string of one: some languages have no other way to keep 64 bits.
  Amount amount_of(const json::AnyJson& json, const std::string& field) {
    std::string_view text = json.text;
    if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    Amount amount = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (!digits && error == std::errc{} && end == text.data() + text.size()) {
      wrong_.push_back({field, "out_of_range", "must be 1 to 9007199254740991"});  // negative
    } else if (!digits) {
      wrong_.push_back({field, "wrong_type", "must be a whole number, or a string of its digits"});
    } else if (error != std::errc{} || amount < 1 || amount > kMaxJsonAmount) {
      wrong_.push_back({field, "out_of_range", "must be 1 to 9007199254740991"});
    }
    return amount;
  }

  void must_be_free(const std::string& id) {
    if (!is_reserved_transfer(id)) return;
    wrong_.push_back({where_ + "/id", "id_reserved", "begins as the ids of payments"});
  }
  void need(bool there, const char* field) {
    if (!there) wrong_.push_back({where_ + "/" + field, "required", "must be given"});
  }
  void must_not(bool there, const char* field, const char* why) {
    if (there) wrong_.push_back({where_ + "/" + field, "not_allowed", why});
  }

  const NewTransferJson& given_;
  const std::string where_;
  std::vector<FieldError>& wrong_;
  AskedTransfer asked_;
};

const json::Schema<ResultJson>& result_schema() {
  static const auto kSchema =
      json::Schema<ResultJson>("LedgerResult", "What became of one transfer.")
          .required("id", &ResultJson::id, {.example = "order:77"})
          .required("status", &ResultJson::status,
                    {.doc = "created: booked now; exists: booked before, the same; refused: not.",
                     .one_of = {"created", "exists", "refused"}})
          .optional("amount", &ResultJson::amount,
                    {.doc = "Where it is booked: what it moved, held or released; of a balancing "
                            "one it may be less than was asked for.",
                     .example = 1'200})
          .optional("at", &ResultJson::at,
                    {.doc = "Where it is booked: when; no two of a book have the same."})
          .optional("reason", &ResultJson::reason,
                    {.doc = "Where it was refused: why; docs/ledger.md has the list."})
          .optional("detail", &ResultJson::detail, {.doc = "The same as a sentence."});
  return kSchema;
}

const json::Schema<BookedLegJson>& booked_leg_schema() {
  static const auto kSchema =
      json::Schema<BookedLegJson>("LedgerTransferLeg", "What a transfer moved on one account.")
          .required("account_id", &BookedLegJson::account_id, {.example = "customer:42:usd"})
          .required("side", &BookedLegJson::side, {.one_of = {"debit", "credit"}})
          .required("amount", &BookedLegJson::amount, {.example = 1'200});
  return kSchema;
}

}  // namespace

const json::Schema<NewTransfersJson>& new_transfers_schema() {
  static const auto kTransfer = [] {
    json::Schema<NewTransferJson> schema("NewLedgerTransfer",
                                         "A movement of money, or what becomes of a hold.");
    add_movement(schema);
    add_terms(schema);
    return schema;
  }();
  static const auto kSchema =
      json::Schema<NewTransfersJson>("NewLedgerTransfers", "Transfers, booked in this order.")
          .required("transfers", &NewTransfersJson::transfers, kTransfer,
                    {.doc = "Each stands for itself, unless it is linked.",
                     .min_items = 1,
                     .max_items = kMaxBatch});
  return kSchema;
}

const json::Schema<ResultsJson>& results_schema() {
  static const auto kSchema =
      json::Schema<ResultsJson>("LedgerResults", "What became of the transfers of a request.")
          .required("created", &ResultsJson::created, {.doc = "So many.", .example = 1})
          .required("exists", &ResultsJson::exists, {.doc = "So many.", .example = 0})
          .required(
              "refused", &ResultsJson::refused,
              {.doc = "So many: 0 means that all of the request is in the book.", .example = 0})
          .required("results", &ResultsJson::results, result_schema(),
                    {.doc = "One for each transfer, in their order."});
  return kSchema;
}

const json::Schema<TransferJson>& transfer_schema() {
  using T = TransferJson;
  static const auto kSchema =
      json::Schema<T>("LedgerTransfer", "A transfer as it stands in the book.")
          .required("id", &T::id, {.example = "order:77"})
          .required("number", &T::number,
                    {.doc = "Its place in the book, from 1 without a gap.", .example = "4711"})
          .required("kind", &T::kind, {.one_of = {"posted", "pending", "post", "void", "expire"}})
          .required(
              "amount", &T::amount,
              {.doc = "What it moved, held or released: the sum of its debits.", .example = 1'200})
          .required("legs", &T::legs, booked_leg_schema())
          .required("pending_id", &T::pending_id, {.doc = "Of post, void, expire: the hold."})
          .required("state", &T::state,
                    {.doc = "Of a hold, else null: open, posted, voided or expired."})
          .required("left", &T::left, {.doc = "Of a hold: what is still held."})
          .required("expires_at", &T::expires_at,
                    {.doc = "Of a hold with a time-out: it cannot be posted from then on."})
          .required("linked", &T::linked, {.doc = "With the one after it."})
          .required("code", &T::code, {.example = "sale"})
          .required("metadata", &T::metadata, {.example = R"({"order":"77"})"})
          .required("at", &T::at, {.doc = "When it was booked; unique in the book."});
  return kSchema;
}

const json::Schema<json::Page<TransferJson>>& transfer_page_schema() {
  static const auto kSchema = json::page_schema(transfer_schema());
  return kSchema;
}

base::Result<std::vector<AskedTransfer>> transfers_of(const NewTransfersJson& given) {
  std::vector<AskedTransfer> asked;
  asked.reserve(given.transfers.size());
  std::vector<FieldError> wrong;
  for (const NewTransferJson& transfer : given.transfers) {
    if (wrong.size() >= json::Shape::kMaxFieldErrors) break;
    Reader reader(transfer, "/transfers/" + std::to_string(asked.size()), wrong);
    asked.push_back(reader.read());
  }
  if (!wrong.empty()) return invalid_request(std::move(wrong));
  return asked;
}

ResultJson render(const NewTransfer& asked, const Outcome& outcome) {
  ResultJson result;
  result.id = asked.id;
  result.status = outcome.verdict == Verdict::kExists ? "exists" : "created";
  if (is_booked(outcome.verdict)) {
    result.amount = outcome.amount;
    result.at = outcome.at;
    return result;
  }
  result.status = "refused";
  result.reason = json::Patch<std::string>(reason(outcome.verdict));
  result.detail = json::Patch<std::string>(explanation(outcome.verdict));
  return result;
}

TransferJson render(const Entry& entry, const std::string& hold_id,
                    const std::map<AccountNo, std::string>& accounts,
                    const std::optional<Hold>& hold) {
  TransferJson json;
  json.id = entry.id;
  json.number = std::to_string(entry.no);
  json.kind = name_of(entry.kind);
  json.amount = amount_of(entry);
  const bool moves = entry.kind == TransferKind::kPosted || entry.kind == TransferKind::kPost;
  for (const Movement& leg : entry.legs) {
    const Amount amount = moves ? leg.posted : leg.pending < 0 ? -leg.pending : leg.pending;
    // What a post only releases it does not move.
    if (amount == 0 && entry.kind == TransferKind::kPost) continue;
    const auto name = accounts.find(leg.account);
    json.legs.push_back({name == accounts.end() ? "" : name->second, name_of(leg.side), amount});
  }
  if (!hold_id.empty()) json.pending_id = hold_id;
  if (hold) {
    json.state = kStates[static_cast<std::size_t>(hold->state) % kStates.size()];
    json.left = hold->left();
    json.expires_at = hold->expires_at;
  }
  json.linked = (entry.flags & kLinked) != 0;
  if (!entry.code.empty()) json.code = entry.code;
  json.metadata.text = entry.metadata.empty() ? "{}" : entry.metadata;
  json.at = entry.at;
  return json;
}

const char* name_of(TransferKind kind) {
  return kKinds[static_cast<std::size_t>(kind) % kKinds.size()];
}
const char* name_of(Side side) { return side == Side::kDebit ? "debit" : "credit"; }

}  // namespace ashlar::ledger
