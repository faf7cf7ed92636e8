#include "modules/payments/ledger/booking_requests.h"

#include <optional>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/entropy.h"
#include "modules/payments/ledger/accounts_json.h"
#include "modules/payments/ledger/book_writer.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::ledger {
namespace {

constexpr std::size_t kTimeDigits = 8;
constexpr std::size_t kRandomDigits = 14;

http::Response accounts_answer(const std::vector<AccountJson>& accounts, bool one, bool any_new) {
  std::string body;
  json::Writer json(body);
  if (one) {
    account_schema().write(json, accounts.front());
  } else {
    json.begin_object().key("accounts").begin_array();
    for (const AccountJson& account : accounts) account_schema().write(json, account);
    json.end_array().end_object();
  }
  http::Response answer = http::json_text(any_new ? 201 : 200, std::move(body));
  if (one) answer.header("Location", "/v1/ledger/accounts/" + accounts.front().id);
  return answer;
}

http::Response results_answer(const std::vector<NewTransfer>& transfers,
                              const std::vector<Outcome>& outcomes) {
  ResultsJson results;
  results.results.reserve(outcomes.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Verdict verdict = outcomes[i].verdict;
    ++(verdict == Verdict::kCreated  ? results.created
       : verdict == Verdict::kExists ? results.exists
                                     : results.refused);
    results.results.push_back(render(transfers[i], outcomes[i]));
  }
  const bool all_new = results.created == static_cast<std::int64_t>(outcomes.size());
  return http::json_response(all_new ? 201 : 200, results_schema(), results);
}

}  // namespace

std::string new_id(std::string_view prefix, const base::Clock& clock, base::Entropy& entropy) {
  const std::int64_t millis = base::to_micros(clock.now()) / 1'000;
  return std::string(prefix) +
         base::base62_encode(static_cast<std::uint64_t>(millis), kTimeDigits) +
         entropy.base62(kRandomDigits);
}

base::Status OpenAccounts::run(Booking& booking, const base::Clock& clock) {
  const base::Time now = clock.now();
  ASHLAR_ASSIGN(std::optional<http::Response> stored, request_.find(booking.tx(), now));
  if (stored) {
    answer_ = std::move(*stored);
    return base::ok_status();
  }
  std::vector<AccountJson> made;
  bool any_new = false;
  for (const NewAccount& account : accounts_) {
    const base::Result<Account> before = booking.account(account.id);
    if (!before.ok() && before.error().code != base::Code::kNotFound) return before.error();
    any_new = any_new || !before.ok();
    ASHLAR_TRY(booking.open(account));
    ASHLAR_ASSIGN(const Account after, booking.account(account.id));
    made.push_back(render(after));
  }
  answer_ = accounts_answer(made, one_, any_new);
  return request_.record(booking.tx(), answer_, now);
}

BookTransfers::BookTransfers(KeyedRequest request, std::vector<AskedTransfer> asked)
    : request_(std::move(request)) {
  transfers_.reserve(asked.size());
  for (AskedTransfer& one : asked) {
    if (!one.currency.empty()) {
      currencies_.emplace_back(transfers_.size(), std::move(one.currency));
    }
    transfers_.push_back(std::move(one.transfer));
  }
}

// What an account's currency is never changes, so such a request is wrong for ever: whole, as one
// of a wrong form is.
base::Status BookTransfers::check_currencies(Booking& booking) const {
  std::vector<base::FieldError> wrong;
  for (const auto& [i, currency] : currencies_) {
    for (const Leg& leg : transfers_[i].legs) {
      if (wrong.size() >= json::Shape::kMaxFieldErrors) break;
      const base::Result<Account> account = booking.account(leg.account);
      if (!account.ok() && account.error().code != base::Code::kNotFound) return account.error();
      if (!account.ok() || account->currency == currency) continue;
      wrong.push_back({"/transfers/" + std::to_string(i) + "/currency", "not_allowed",
                       "the account " + leg.account + " is in " + account->currency});
      break;
    }
  }
  if (wrong.empty()) return base::ok_status();
  return invalid_request(std::move(wrong));
}

base::Status BookTransfers::run(Booking& booking, const base::Clock& clock) {
  const base::Time now = clock.now();
  ASHLAR_ASSIGN(std::optional<http::Response> stored, request_.find(booking.tx(), now));
  if (stored) {
    answer_ = std::move(*stored);
    return base::ok_status();
  }
  ASHLAR_TRY(check_currencies(booking));
  ASHLAR_ASSIGN(const std::vector<Outcome> outcomes, booking.apply(transfers_));
  answer_ = results_answer(transfers_, outcomes);
  return request_.record(booking.tx(), answer_, now);
}

}  // namespace ashlar::ledger
