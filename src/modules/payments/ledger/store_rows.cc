#include "modules/payments/ledger/store_rows.h"

#include <algorithm>
#include <charconv>

#include "platform/storage/database.h"

namespace ashlar::ledger::store {
namespace {

using storage::Row;

base::Time time_of(const Row& row, int column) { return base::from_micros(row.integer(column)); }

}  // namespace

std::string json_list(std::span<const std::string> ids) {
  std::string list = "[";
  for (const std::string& id : ids) {
    if (list.size() > 1) list += ',';
    list.append("\"").append(id).append("\"");
  }
  return list += ']';
}

std::string json_list(std::span<const std::int64_t> numbers) {
  std::string list = "[";
  for (const std::int64_t number : numbers) {
    if (list.size() > 1) list += ',';
    list += std::to_string(number);
  }
  return list += ']';
}

std::vector<std::int64_t> parse_numbers(std::string_view list) {
  std::vector<std::int64_t> numbers;
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at < end) {
    std::int64_t number = 0;
    const auto read = std::from_chars(at, end, number);
    if (read.ec == std::errc()) numbers.push_back(number);
    at = read.ec == std::errc() ? read.ptr : at + 1;
  }
  return numbers;
}

std::int64_t rule_bits(const AccountRules& rules) {
  return (rules.debits_must_not_exceed_credits ? 1 : 0) |
         (rules.credits_must_not_exceed_debits ? 2 : 0) | (rules.reserved ? 4 : 0);
}

HeadRow head_of(const Row& row) {
  return {.seq = row.integer(0),
          .accounts = row.integer(1),
          .transfers = row.integer(2),
          .legs = row.integer(3),
          .burned = row.integer(4),
          .at = time_of(row, 5),
          .last_at = time_of(row, 6),
          .hash = std::string(row.blob(7)),
          .signature = std::string(row.blob(8))};
}

BatchRow batch_of(const Row& row) {
  return {.seq = row.integer(0),
          .at = time_of(row, 1),
          .first_account = row.integer(2),
          .accounts = row.integer(3),
          .first_transfer = row.integer(4),
          .transfers = row.integer(5),
          .first_leg = row.integer(6),
          .legs = row.integer(7),
          .first_burned = row.integer(8),
          .burned = row.integer(9),
          .previous = std::string(row.blob(10)),
          .hash = std::string(row.blob(11)),
          .signature = std::string(row.blob(12))};
}

Account account_of(const Row& row) {
  Account account;
  account.no = AccountNo{row.integer(0)};
  account.id = row.text(1);
  account.currency = row.text(2);
  const std::int64_t rules = row.integer(3);
  account.rules = {.debits_must_not_exceed_credits = (rules & 1) != 0,
                   .credits_must_not_exceed_debits = (rules & 2) != 0,
                   .reserved = (rules & 4) != 0};
  account.created_at = time_of(row, 4);
  account.name = row.text(5);
  account.metadata = row.text(6);
  account.totals = {.debits_pending = row.integer(7),
                    .debits_posted = row.integer(8),
                    .credits_pending = row.integer(9),
                    .credits_posted = row.integer(10)};
  account.legs = row.integer(11);
  account.closing = static_cast<int>(row.integer(12));
  return account;
}

EntryRow entry_of(const Row& row) {
  EntryRow out;
  Entry& entry = out.entry;
  entry.no = row.integer(0);
  entry.id = row.text(1);
  entry.kind = static_cast<TransferKind>(row.integer(2));
  entry.hold_no = row.integer(3);
  out.batch = row.integer(4);
  entry.at = time_of(row, 5);
  if (const auto timeout = row.maybe_integer(6)) entry.timeout = base::Millis(*timeout);
  entry.flags = static_cast<std::uint16_t>(row.integer(7));
  entry.asked = row.integer(8);
  out.first_leg = row.integer(9);
  // What was tampered with must not make us reserve without bounds.
  entry.legs.resize(static_cast<std::size_t>(
      std::clamp<std::int64_t>(row.integer(10), 0, static_cast<std::int64_t>(kMaxLegs))));
  entry.code = row.text(11);
  entry.metadata = row.text(12);
  out.hold_id = row.text(13);
  return out;
}

LegRow leg_of(const Row& row) {
  LegRow leg;
  leg.no = leg.links.no = row.integer(0);
  leg.movement.account = AccountNo{row.integer(1)};
  leg.movement.leg_no = row.integer(2);
  leg.transfer_no = row.integer(3);
  leg.kind = static_cast<TransferKind>(row.integer(4));
  leg.movement.side = row.integer(5) == 0 ? Side::kDebit : Side::kCredit;
  leg.movement.posted = row.integer(6);
  leg.movement.pending = row.integer(7);
  leg.movement.after = {.debits_pending = row.integer(8),
                        .debits_posted = row.integer(9),
                        .credits_pending = row.integer(10),
                        .credits_posted = row.integer(11)};
  leg.at = time_of(row, 12);
  leg.links.prev = row.integer(13);
  leg.links.jump = row.integer(14);
  leg.links.jump_leg = row.integer(15);
  leg.links.jump_at = time_of(row, 16);
  return leg;
}

}  // namespace ashlar::ledger::store
