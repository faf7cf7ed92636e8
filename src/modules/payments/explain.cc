#include "modules/payments/explain.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/currency.h"
#include "base/text.h"
#include "modules/payments/ids.h"
#include "modules/payments/ledger/entry.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/payment_events.h"
#include "modules/payments/payments_json.h"
#include "modules/payments/reads.h"
#include "modules/payments/story_store.h"
#include "platform/json/parse.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Result;

using base::format_money;

void add(std::string& text, std::string_view label, std::string_view value) {
  if (value.empty()) return;
  text += (text.empty() ? "" : ", ") + std::string(label) + (label.empty() ? "" : " ") +
          std::string(value);
}

std::string times(std::int64_t n) { return n == 1 ? "once" : std::to_string(n) + " times"; }

// `of`: what the story is about, which needs no naming again.
std::string event_text(const PaymentEvent& event, std::string_view of, std::string_view currency) {
  std::string text;
  if (event.amount != 0)
    add(text, "", format_money(event.amount, event.currency.value_or(std::string(currency))));
  if (event.part != of) add(text, "of", event.part);
  add(text, "fee", event.fee == 0 ? "" : format_money(event.fee, currency));
  add(text, "by", event.provider);
  add(text, "as", event.reference);
  add(text, "on", event.network + (event.last4.empty() ? "" : " …" + event.last4));
  add(text, "order", event.merchant_reference);
  add(text, "code", event.code);
  add(text, "because", event.reason);
  add(text, "", event.message);
  if (event.expires_at) add(text, "expires", base::format_rfc3339(*event.expires_at));
  if (event.available_on) add(text, "available on", base::format_rfc3339(*event.available_on));
  if (event.due_by) add(text, "evidence until", base::format_rfc3339(*event.due_by));
  return text;
}

std::string_view name_of(CallState state) {
  switch (state) {
    case CallState::kOpen:
      return "under way";
    case CallState::kUnknown:
      return "its end is unknown: the provider is being asked";
    case CallState::kWaiting:
      return "the provider will tell";
    case CallState::kResolved:
      return "done";
  }
  return "";
}

StoryLine line_of(const Told& told, std::string_view of, std::string_view currency) {
  std::string text = event_text(told.event, of, currency);
  StoryLine line{told.at, "event", told.type, std::move(text), told.id, {}, {}};
  if (!told.request_id.empty()) line.request_id = told.request_id;
  if (!told.key.empty()) line.idempotency_key = told.key;
  return line;
}

std::string text_of(const json::Value& object, std::string_view name) {
  const json::Value* member = object.find(name);
  const auto* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string() : *text;
}

std::string money_of(const json::Value& object, std::string_view name, std::string_view currency) {
  const json::Value* member = object.find(name);
  const auto* amount = member == nullptr ? nullptr : member->if_integer();
  return amount == nullptr || *amount == 0 ? std::string() : format_money(*amount, currency);
}

// What the provider said, in words: calls.h, outcome_json().
std::string outcome_text(const CallRow& call, std::string_view currency) {
  const auto outcome = json::parse(call.outcome);
  if (!outcome.ok()) return {};
  std::string text;
  add(text, "", text_of(*outcome, "end"));
  add(text, "", money_of(*outcome, "amount", currency));
  add(text, "fee", money_of(*outcome, "fee", currency));
  add(text, "", text_of(*outcome, "decline_code"));
  add(text, "", text_of(*outcome, "message"));
  return text;
}

// A call is two lines: sent, and how it ended.
void add_call(const CallRow& call, std::string_view currency, std::vector<StoryLine>& lines) {
  std::string sent = call.provider + " is asked for " + call.part;
  if (call.sends > 1) sent += ", " + times(call.sends);
  lines.push_back({call.sent_at.value_or(call.at),
                   "call",
                   std::string(to_text(call.op)),
                   std::move(sent),
                   call.key,
                   {},
                   {}});
  std::string end =
      call.resolved_at ? outcome_text(call, currency) : std::string(name_of(call.state));
  add(end, "as", call.reference);
  if (call.asks > 0) add(end, "asked about", times(call.asks));
  if (call.resolved_at) {
    lines.push_back({*call.resolved_at,
                     "call",
                     std::string(to_text(call.op)) + " answered",
                     std::move(end),
                     call.key,
                     {},
                     {}});
  } else {
    lines.back().text += "; " + end;
  }
}

// What became of a notice: as notices.cc keeps it, in words.
std::string notice_text(const NoticeRow& notice) {
  const std::string tells = notice.provider + " tells";
  if (notice.outcome == "asked") return tells + ", and is asked about it";
  if (notice.outcome == "known") return tells + " what is known";
  if (notice.outcome == "answer awaited") return tells + "; its answer is awaited";
  return tells + ": " + notice.outcome;
}

StoryLine line_of(const NoticeRow& notice) {
  return {notice.at, "notice", std::string(to_text(notice.kind)), notice_text(notice), notice.id,
          {},        {}};
}

std::string_view name_of(ledger::TransferKind kind) {
  switch (kind) {
    case ledger::TransferKind::kPosted:
      return "posted";
    case ledger::TransferKind::kPending:
      return "held";
    case ledger::TransferKind::kPost:
      return "hold posted";
    case ledger::TransferKind::kVoid:
      return "hold voided";
    case ledger::TransferKind::kExpire:
      return "hold expired";
  }
  return "";
}

// "provider:sandbox:usd 10.50 USD -> merchant:pending:usd 10.50 USD": debits to the left of the
// arrow.
Result<std::string> legs_text(storage::Transaction& tx, const ledger::Entry& entry) {
  std::vector<std::int64_t> nos;
  for (const ledger::Movement& leg : entry.legs) nos.push_back(leg.account.value);
  ASHLAR_ASSIGN(const std::vector<ledger::Account> accounts,
                ledger::store::find_accounts(tx, std::span<const std::int64_t>(nos)));
  std::string debits, credits;
  for (const ledger::Movement& leg : entry.legs) {
    const auto account = std::ranges::find(accounts, leg.account, &ledger::Account::no);
    std::string& side = leg.side == ledger::Side::kDebit ? debits : credits;
    const bool known = account != accounts.end();
    const ledger::Amount moved = leg.posted != 0 ? leg.posted : leg.pending;
    side += (side.empty() ? "" : " + ") + (known ? account->id : "?") + " " +
            format_money(moved < 0 ? -moved : moved, known ? account->currency : "?");
  }
  return debits + " -> " + credits;
}

base::Status add_journals(storage::Transaction& tx, std::string_view subject,
                          std::vector<StoryLine>& lines) {
  ASHLAR_ASSIGN(const std::vector<std::string> ids, store::transfers_of(tx, subject));
  for (const std::string& id : ids) {
    ASHLAR_ASSIGN(const auto row, ledger::store::find_transfer(tx, id));
    if (!row) continue;  // the id was burned: nothing has moved
    ASHLAR_ASSIGN(std::string text, legs_text(tx, row->entry));
    lines.push_back({row->entry.at,
                     "journal",
                     std::string(name_of(row->entry.kind)),
                     std::move(text),
                     id,
                     {},
                     {}});
  }
  return base::ok_status();
}

// At the same moment: what was said before what was moved for it.
int rank(const StoryLine& line) { return line.kind == "journal" ? 1 : 0; }

// Lines of one moment and rank stay as they were read.
void put_in_order(std::vector<StoryLine>& lines) {
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tuple(lines[a].at, rank(lines[a]), a) < std::tuple(lines[b].at, rank(lines[b]), b);
  });
  std::vector<StoryLine> sorted;
  sorted.reserve(lines.size());
  for (const std::size_t i : order) sorted.push_back(std::move(lines[i]));
  lines = std::move(sorted);
}

std::string summary_of(const Payment& payment) {
  std::string text = format_money(payment.amount, payment.currency);
  const auto add_money = [&](std::string_view label, Money amount) {
    if (amount != 0) add(text, label, format_money(amount, payment.currency));
  };
  add_money("captured", payment.captured());
  add_money("refunded", payment.refunded());
  add_money("disputed", payment.disputed());
  add(text, "order", payment.merchant_reference);
  return text;
}

}  // namespace

const json::Schema<Story>& story_schema() {
  static const auto kLine =
      json::Schema<StoryLine>("PaymentStoryLine", "One thing that happened.")
          .required("at", &StoryLine::at)
          .required("kind", &StoryLine::kind,
                    {.doc = "event: a change. call: of a provider. notice: told by one. journal: "
                            "of the ledger.",
                     .one_of = {"event", "call", "notice", "journal"}})
          .required("what", &StoryLine::what, {.example = "payment.captured"})
          .required("text", &StoryLine::text, {.doc = "In words; may change."})
          .required("id", &StoryLine::id,
                    {.doc = "Of the event, the call's key, the notice, the transfer."})
          .required("request_id", &StoryLine::request_id, {.doc = "Of the request that caused it."})
          .required("idempotency_key", &StoryLine::idempotency_key);
  static const auto kStory =
      json::Schema<Story>("PaymentStory", "All that has happened to a payment, oldest first.")
          .required("id", &Story::id, {.example = "pay_7Xk2mPq9Rt4v"})
          .required("state", &Story::state)
          .required("summary", &Story::summary)
          .required("lines", &Story::lines, kLine);
  return kStory;
}

Result<Story> story_of(storage::Transaction& tx, std::string_view id) {
  Reads reads(tx);
  Story story;
  std::string currency;
  if (id.starts_with("po_")) {
    ASHLAR_ASSIGN(const Payout payout, reads.payout(id));
    story = {payout.id,
             std::string(name_of(payout.state)),
             format_money(payout.amount, payout.currency) + ", to the bank by " + payout.provider,
             {}};
    currency = payout.currency;
  } else {
    const bool whole = id.starts_with("pay_");
    ASHLAR_ASSIGN(const Payment payment, whole ? reads.payment(id) : reads.payment_with(id));
    story = {payment.id, std::string(name_of(payment.state)), summary_of(payment), {}};
    currency = payment.currency;
  }
  ASHLAR_ASSIGN(const auto events, reads.events_of(story.id));
  for (const Told& told : events) story.lines.push_back(line_of(told, story.id, currency));
  ASHLAR_ASSIGN(const auto calls, reads.calls_of(story.id));
  for (const CallRow& call : calls) add_call(call, currency, story.lines);
  ASHLAR_ASSIGN(const auto notices, reads.notices_of(story.id));
  for (const NoticeRow& notice : notices) story.lines.push_back(line_of(notice));
  ASHLAR_TRY(add_journals(tx, story.id, story.lines));
  put_in_order(story.lines);
  return story;
}

std::string story_text(const Story& story) {
  constexpr std::size_t kTimeWidth = 27;  // with microseconds
  std::string out = story.id + "  " + story.state + "  " + story.summary + "\n";
  for (const StoryLine& line : story.lines) {
    const auto padded = [](std::string text, std::size_t width) {
      text.resize(std::max(text.size(), width), ' ');
      return text;
    };
    out += padded(base::format_rfc3339(line.at), kTimeWidth) + "  " + padded(line.kind, 7) + "  " +
           padded(line.what, 26) + "  " + line.text;
    if (line.request_id) out += "  [request " + *line.request_id;
    if (line.request_id && line.idempotency_key) out += ", key " + *line.idempotency_key;
    if (line.request_id) out += "]";
    if (line.kind != "event") out += "  (" + line.id + ")";
    out += "\n";
  }
  return out;
}

}  // namespace ashlar::payments
