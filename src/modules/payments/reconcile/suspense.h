// Suspense: the journals of reconciliation, in a unit of the book's writer.
//
//   statement moved d beyond what we have   debit provider:<name>:<cur>, credit suspense:<cur>  (d)
//   taken back                              the reverse
//   written off, of suspense                debit suspense:<cur>, credit differences:<cur>
//   written off, never on a statement       debit differences:<cur>, credit provider:<name>:<cur>
//
// (A negative amount is the same the other way round.) Each booking of an item has an id of its
// own, "<run>:<item>:<booking>": it cannot be made twice.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/ledger/transfer.h"
#include "modules/payments/reconcile/reconciliation.h"

namespace ashlar::ledger {
class Booking;
}

namespace ashlar::payments::reconcile {

std::string suspense_account(std::string_view currency);
std::string differences_account(std::string_view currency);

// Collects journals and books them together: accounts are opened where they are not there yet.
class Suspense {
 public:
  // Moves what is missing so that `amount` of the item lies in suspense; the item says so from now
  // on.
  void put(Item& item, Money amount);
  // Its difference leaves for the account of differences.
  void write_off(Item& item);

  base::Status book(ledger::Booking& booking);

 private:
  void move(Item& item, const std::string& from, const std::string& to, Money amount,
            std::string_view code);

  std::vector<ledger::NewTransfer> transfers_;
  std::vector<std::pair<std::string, std::string>> accounts_;  // id, currency
};

}  // namespace ashlar::payments::reconcile
