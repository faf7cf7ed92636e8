// BookingRequests: what a request that writes asks of the book, as a unit of its writer
// (book_writer.h): the answer to a repeat, else the work and the record of its answer.
//
// A unit may run more than once; each run makes the answer anew. Objects are shared by the unit and
// by done(); only the writer's thread touches them once they are handed over.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/keyed_request.h"
#include "modules/payments/ledger/transfers_json.h"
#include "platform/http/response.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base

namespace ashlar::ledger {

class Booking;

// "tr_" and 22 of [0-9A-Za-z]: grows with time, so that new ids lie side by side; 83 bits of it
// nobody can guess.
std::string new_id(std::string_view prefix, const base::Clock& clock, base::Entropy& entropy);

class OpenAccounts {
 public:
  // `accounts` have ids. `one`: the answer is that account, else a list.
  OpenAccounts(KeyedRequest request, std::vector<NewAccount> accounts, bool one)
      : request_(std::move(request)), accounts_(std::move(accounts)), one_(one) {}

  base::Status run(Booking& booking, const base::Clock& clock);
  http::Response take_answer() { return std::move(answer_); }

 private:
  const KeyedRequest request_;
  const std::vector<NewAccount> accounts_;
  const bool one_;
  http::Response answer_;
};

class BookTransfers {
 public:
  // All have ids.
  BookTransfers(KeyedRequest request, std::vector<AskedTransfer> asked);

  base::Status run(Booking& booking, const base::Clock& clock);
  http::Response take_answer() { return std::move(answer_); }

 private:
  base::Status check_currencies(Booking& booking) const;

  const KeyedRequest request_;
  std::vector<NewTransfer> transfers_;
  std::vector<std::pair<std::size_t, std::string>> currencies_;  // of the transfers that name one
  http::Response answer_;
};

}  // namespace ashlar::ledger
