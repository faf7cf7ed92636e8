#include "modules/payments/reconcile/suspense.h"

#include <algorithm>
#include <utility>

#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/reconcile/run_totals.h"

namespace ashlar::payments::reconcile {
namespace {

constexpr std::size_t kBatch = 1'000;

std::string provider_account(const Item& item) {
  return "provider:" + item.provider + ":" + item.currency;
}

}  // namespace

std::string suspense_account(std::string_view currency) {
  return "suspense:" + std::string(currency);
}
std::string differences_account(std::string_view currency) {
  return "differences:" + std::string(currency);
}

void Suspense::put(Item& item, Money amount) {
  const Money more = amount - item.suspense;
  if (more == 0) return;
  move(item, provider_account(item), suspense_account(item.currency), more,
       amount == 0 ? "reconcile.cleared" : "reconcile.suspense");
  item.suspense = amount;
}

void Suspense::write_off(Item& item) {
  const std::string differences = differences_account(item.currency);
  if (item.theirs) {
    move(item, suspense_account(item.currency), differences, item.suspense,
         "reconcile.written_off");
  } else {
    move(item, provider_account(item), differences, item.difference(), "reconcile.written_off");
  }
  item.suspense = 0;
}

void Suspense::move(Item& item, const std::string& from, const std::string& to, Money amount,
                    std::string_view code) {
  if (amount == 0) return;
  ledger::NewTransfer transfer;
  ++item.bookings;
  transfer.id = item.run + ":" + std::to_string(item.no) + ":" + std::to_string(item.bookings);
  const Money size = amount < 0 ? -amount : amount;
  transfer.legs = {{amount > 0 ? from : to, ledger::Side::kDebit, size},
                   {amount > 0 ? to : from, ledger::Side::kCredit, size}};
  transfer.code = code;
  transfers_.push_back(std::move(transfer));
  for (const std::string& account : {from, to}) {
    std::pair<std::string, std::string> one{account, upper(item.currency)};
    if (std::ranges::find(accounts_, one) == accounts_.end()) accounts_.push_back(std::move(one));
  }
}

base::Status Suspense::book(ledger::Booking& booking) {
  for (const auto& [id, currency] : accounts_) {
    ledger::NewAccount account;
    account.id = id;
    account.currency = currency;
    account.rules.reserved = true;
    ASHLAR_TRY(booking.open(account));
  }
  const std::span<const ledger::NewTransfer> all = transfers_;
  for (std::size_t at = 0; at < all.size(); at += kBatch) {
    ASHLAR_TRY(booking.move(all.subspan(at, std::min(kBatch, all.size() - at))));
  }
  return base::ok_status();
}

}  // namespace ashlar::payments::reconcile
