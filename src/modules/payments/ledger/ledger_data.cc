// The ledger's share of a tenant's data: exported whole, in the order in which it was booked;
// erased in small steps.
#include <cstdint>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "modules/payments/ledger/accounts_json.h"
#include "modules/payments/ledger/ledger_module.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/transfers_json.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::ledger {
namespace {

constexpr std::int64_t kPage = 1'000;

json::Writer& begin(json::Writer& json, std::string_view table) {
  return json.begin_object().key("module").string("ledger").key("table").string(table);
}

std::string account_line(const Account& account) {
  std::string line;
  json::Writer json(line);
  begin(json, "accounts").key("no").integer(account.no.value).key("account");
  account_schema().write(json, render(account));
  json.end_object();
  return line;
}

void write_leg(json::Writer& json, const Movement& leg) {
  json.begin_object().key("account_no").integer(leg.account.value);
  json.key("leg_no").integer(leg.leg_no).key("side").string(name_of(leg.side));
  json.key("posted").integer(leg.posted).key("pending").integer(leg.pending);
  json.key("after").begin_array().integer(leg.after.debits_pending);
  json.integer(leg.after.debits_posted).integer(leg.after.credits_pending);
  json.integer(leg.after.credits_posted).end_array().end_object();
}

// All that the chain's hash is made of, so that it can be made again elsewhere.
std::string transfer_line(const store::EntryRow& row) {
  const Entry& entry = row.entry;
  std::string line;
  json::Writer json(line);
  begin(json, "transfers").key("no").integer(entry.no).key("id").string(entry.id);
  json.key("kind").string(name_of(entry.kind)).key("hold_no").integer(entry.hold_no);
  json.key("batch").integer(row.batch).key("at").string(base::format_rfc3339(entry.at));
  json.key("timeout_ms");
  if (entry.timeout) {
    json.integer(entry.timeout->count());
  } else {
    json.null();
  }
  json.key("flags").integer(entry.flags).key("asked").integer(entry.asked);
  json.key("code").string(entry.code).key("metadata");
  json.raw(entry.metadata.empty() ? "{}" : entry.metadata).key("legs").begin_array();
  for (const Movement& leg : entry.legs) write_leg(json, leg);
  json.end_array().end_object();
  return line;
}

std::string burned_line(const store::BurnedRow& row) {
  std::string line;
  json::Writer json(line);
  begin(json, "burned").key("no").integer(row.no).key("id").string(row.burned.id);
  json.key("reason").string(reason(row.burned.verdict)).key("batch").integer(row.batch);
  json.key("at").string(base::format_rfc3339(row.at)).end_object();
  return line;
}

std::string batch_line(const store::BatchRow& row) {
  std::string line;
  json::Writer json(line);
  begin(json, "batches").key("seq").integer(row.seq);
  json.key("at").string(base::format_rfc3339(row.at));
  json.key("accounts").integer(row.accounts).key("transfers").integer(row.transfers);
  json.key("legs").integer(row.legs).key("burned").integer(row.burned);
  json.key("hash").string(base::hex_encode(row.hash));
  json.key("signature").string(base::base64url_encode(row.signature)).end_object();
  return line;
}

// `list` gives the next page after a position; `line` renders, `position` says where it stands.
template <class List, class Line, class Position>
base::Status export_table(const security::LineSink& sink, List list, Line line, Position position) {
  std::int64_t after = 0;
  while (true) {
    ASHLAR_ASSIGN(const auto page, list(after));
    if (page.empty()) return base::ok_status();
    for (const auto& row : page) ASHLAR_TRY(sink(line(row)));
    after = position(page.back());
  }
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  ASHLAR_TRY(export_table(
      sink, [&](std::int64_t after) { return store::list_accounts(tx, after, kPage); },
      account_line, [](const Account& account) { return account.no.value; }));
  ASHLAR_TRY(export_table(
      sink, [&](std::int64_t after) { return store::list_transfers(tx, after, kPage); },
      transfer_line, [](const store::EntryRow& row) { return row.entry.no; }));
  ASHLAR_TRY(export_table(
      sink, [&](std::int64_t after) { return store::list_burned(tx, after, kPage); }, burned_line,
      [](const store::BurnedRow& row) { return row.no; }));
  return export_table(
      sink, [&](std::int64_t after) { return store::list_batches(tx, after, kPage); }, batch_line,
      [](const store::BatchRow& row) { return row.seq; });
}

}  // namespace

security::TenantData ledger_tenant_data() { return {"ledger", export_all, store::erase_some}; }

}  // namespace ashlar::ledger
