#include "modules/payments/payments_api.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "modules/payments/asking.h"
#include "modules/payments/explain.h"
#include "modules/payments/hearing.h"
#include "modules/payments/payments.h"
#include "modules/payments/payments_json.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/providers/providers.h"
#include "modules/payments/reads.h"
#include "platform/http/call.h"
#include "platform/http/late_answer.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Code;
using base::Result;
using base::Status;
using http::Call;
using http::Response;

Result<std::optional<base::Time>> time_in(const Call& call, const char* name) {
  const auto text = call.query_value(name);
  if (!text) return std::optional<base::Time>();
  const auto time = base::parse_rfc3339(*text);
  if (!time) {
    return http::bad_query("?" + std::string(name), "bad_timestamp", "Give an RFC 3339 time.");
  }
  return time;
}

std::string text_or_empty(const std::optional<std::string>& text) { return text.value_or(""); }

// null unsets: an empty text for the core.
std::optional<std::string> change_of(const json::Patch<std::optional<std::string>>& patch) {
  if (!patch) return std::nullopt;
  return patch->value_or("");
}

Result<NewPayment> payment_of(const NewPaymentJson& json) {
  NewPayment wanted;
  wanted.amount = json.amount;
  ASHLAR_ASSIGN(wanted.currency, currency_of(json.currency, "/currency"));
  wanted.capture = json.capture == "manual" ? Capture::kManual : Capture::kAutomatic;
  wanted.customer = text_or_empty(json.customer);
  wanted.method = text_or_empty(json.payment_method);
  wanted.description = text_or_empty(json.description);
  wanted.descriptor = text_or_empty(json.statement_descriptor);
  wanted.merchant_reference = text_or_empty(json.merchant_reference);
  wanted.receipt_email = text_or_empty(json.receipt_email);
  ASHLAR_ASSIGN(wanted.metadata, pairs_of(json.metadata, "/metadata"));
  wanted.confirm = json.confirm;
  wanted.off_session = json.off_session;
  return wanted;
}

Result<PaymentChange> change_of(const PaymentPatchJson& json) {
  PaymentChange change;
  if (json.amount) change.amount = *json.amount;
  if (json.currency) {
    ASHLAR_ASSIGN(change.currency, currency_of(*json.currency, "/currency"));
  }
  change.customer = change_of(json.customer);
  change.method = change_of(json.payment_method);
  change.description = change_of(json.description);
  change.descriptor = change_of(json.statement_descriptor);
  change.receipt_email = change_of(json.receipt_email);
  if (json.metadata) {
    ASHLAR_ASSIGN(change.metadata, pairs_of(*json.metadata, "/metadata", true));
  }
  return change;
}

// A page whose rows are `parts` of payments, found again in each by `find`.
template <class Json, class Part>
Result<json::Page<Json>> page_of(const Listed<PartOf>& found, std::vector<Part> Payment::* parts) {
  json::Page<Json> page;
  for (const PartOf& row : found.rows) {
    const auto& all = row.payment.*parts;
    const auto part = std::ranges::find(all, row.part, &Part::id);
    if (part == all.end()) {
      return base::fail(Code::kInternal, "payments_damaged", row.part + " is in no payment");
    }
    page.data.push_back(json_of(*part, row.payment));
  }
  return page;
}

}  // namespace

http::CursorScope scope_of(const Call& call, std::string_view list) {
  return {list, call.principal.tenant.value};
}

Result<Window> window_of(const Call& call, const http::CursorCodec& cursors,
                         std::string_view list) {
  Window window;
  ASHLAR_ASSIGN(window.limit, http::page_limit(call));
  ASHLAR_ASSIGN(window.from, time_in(call, "created_from"));
  ASHLAR_ASSIGN(window.until, time_in(call, "created_until"));
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(auto position, cursors.decode<std::string>(scope_of(call, list), *cursor));
    window.starting_after = std::get<0>(std::move(position));
  }
  return window;
}

Status PaymentsApi::create(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, new_payment_schema()));
  ASHLAR_ASSIGN(NewPayment wanted, payment_of(ask.wanted));
  module_.payments.create(std::move(ask.asked), std::move(wanted), answer_by(std::move(late)));
  return base::ok_status();
}

Status PaymentsApi::update(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, payment_patch_schema(), KeyNeed::kOptional));
  ASHLAR_ASSIGN(PaymentChange change, change_of(ask.wanted));
  module_.payments.update(std::move(ask.asked), call.param(0), std::move(change),
                          answer_by(std::move(late)));
  return base::ok_status();
}

Status PaymentsApi::confirm(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, confirm_schema()));
  Confirmation how;
  how.method = std::move(ask.wanted.payment_method);
  how.off_session = ask.wanted.off_session.value_or(false);
  module_.payments.confirm(std::move(ask.asked), call.param(0), std::move(how),
                           answer_by(std::move(late)));
  return base::ok_status();
}

Status PaymentsApi::capture(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, capture_schema()));
  module_.payments.capture(std::move(ask.asked), call.param(0),
                           {ask.wanted.amount, ask.wanted.last}, answer_by(std::move(late)));
  return base::ok_status();
}

Status PaymentsApi::cancel(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, cancel_schema()));
  module_.payments.cancel(std::move(ask.asked), call.param(0), text_or_empty(ask.wanted.reason),
                          answer_by(std::move(late)));
  return base::ok_status();
}

Result<Response> PaymentsApi::get(Call& call) const {
  ASHLAR_ASSIGN(const Payment payment,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).payment(call.param(0));
                }));
  return http::json_response(200, payment_schema(), json_of(payment));
}

Result<Response> PaymentsApi::list(Call& call) const {
  ASHLAR_ASSIGN(const Window window, window_of(call, cursors_, "payments"));
  PaymentFilter filter;
  if (const auto customer = call.query_value("customer")) filter.customer = std::string(*customer);
  if (const auto state = call.query_value("state")) {
    filter.state = payment_state_of(*state);
    if (!filter.state) {
      return http::bad_query("?state", "not_allowed", "Give one of the states of a payment.");
    }
  }
  const auto reference = call.query_value("merchant_reference");
  Listed<Payment> found;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> Status {
    found = {};
    if (!reference) {
      ASHLAR_ASSIGN(found, Reads(tx).payments(window, filter));
      return base::ok_status();
    }
    ASHLAR_ASSIGN(auto one, Reads(tx).by_merchant_reference(*reference));
    if (one) found.rows.push_back(std::move(*one));
    return base::ok_status();
  }));
  json::Page<PaymentJson> page;
  for (const Payment& payment : found.rows) page.data.push_back(json_of(payment));
  if (found.has_more) {
    ASHLAR_ASSIGN(page.next_cursor,
                  cursors_.encode(scope_of(call, "payments"), found.rows.back().id));
  }
  return http::page_response(call, payment_page_schema(), page);
}

Result<Response> PaymentsApi::balance(Call& call) const {
  ASHLAR_ASSIGN(const std::vector<CurrencyBalance> balances,
                module_.db.read(call.tenant_context(),
                                [](storage::Transaction& tx) { return Reads(tx).balance(); }));
  return http::json_response(200, balance_schema(), json_of(balances));
}

Result<Response> PaymentsApi::explain(Call& call) const {
  ASHLAR_ASSIGN(const Story story,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return story_of(tx, call.param(0));
                }));
  return http::json_response(200, story_schema(), story);
}

Status PaymentsApi::refund(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, new_refund_schema()));
  NewRefund wanted;
  wanted.payment = call.param(0);
  wanted.amount = ask.wanted.amount;
  wanted.reason = text_or_empty(ask.wanted.reason);
  ASHLAR_ASSIGN(wanted.metadata, pairs_of(ask.wanted.metadata, "/metadata"));
  module_.payments.refund(std::move(ask.asked), std::move(wanted), answer_by(std::move(late)));
  return base::ok_status();
}

Result<Response> PaymentsApi::get_refund(Call& call) const {
  ASHLAR_ASSIGN(const Payment payment,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).payment(call.param(0));
                }));
  const auto refund = std::ranges::find(payment.refunds, call.param(1), &Refund::id);
  if (refund == payment.refunds.end()) {
    return base::fail(Code::kNotFound, "refund_not_found", "The payment has no such refund.");
  }
  return http::json_response(200, refund_schema(), json_of(*refund, payment));
}

Result<Response> PaymentsApi::list_refunds(Call& call) const {
  ASHLAR_ASSIGN(const Window window, window_of(call, cursors_, "refunds"));
  PartFilter filter;
  filter.payment = call.param(0);
  Listed<PartOf> found;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> Status {
    Reads reads(tx);
    ASHLAR_TRY(reads.payment(filter.payment));
    ASHLAR_ASSIGN(found, reads.refunds(window, filter));
    return base::ok_status();
  }));
  ASHLAR_ASSIGN(auto page, page_of<RefundJson>(found, &Payment::refunds));
  if (found.has_more) {
    ASHLAR_ASSIGN(page.next_cursor,
                  cursors_.encode(scope_of(call, "refunds"), found.rows.back().part));
  }
  return http::page_response(call, refund_page_schema(), page);
}

Result<Response> PaymentsApi::get_dispute(Call& call) const {
  ASHLAR_ASSIGN(const Payment payment,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).payment_with(call.param(0));
                }));
  const auto dispute = std::ranges::find(payment.disputes, call.param(0), &Dispute::id);
  if (dispute == payment.disputes.end()) {
    return base::fail(Code::kNotFound, "dispute_not_found", "There is no such dispute.");
  }
  return http::json_response(200, dispute_schema(), json_of(*dispute, payment));
}

Result<Response> PaymentsApi::list_disputes(Call& call) const {
  ASHLAR_ASSIGN(const Window window, window_of(call, cursors_, "disputes"));
  PartFilter filter;
  if (const auto payment = call.query_value("payment")) filter.payment = std::string(*payment);
  ASHLAR_ASSIGN(const Listed<PartOf> found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).disputes(window, filter);
                }));
  ASHLAR_ASSIGN(auto page, page_of<DisputeJson>(found, &Payment::disputes));
  if (found.has_more) {
    ASHLAR_ASSIGN(page.next_cursor,
                  cursors_.encode(scope_of(call, "disputes"), found.rows.back().part));
  }
  return http::page_response(call, dispute_page_schema(), page);
}

Status PaymentsApi::submit_evidence(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, evidence_schema()));
  DisputeChange change;
  ASHLAR_ASSIGN(change.evidence, pairs_of(ask.wanted.evidence, "/evidence", true));
  change.submit = ask.wanted.submit;
  module_.payments.update_dispute(std::move(ask.asked), call.param(0), std::move(change),
                                  answer_by(std::move(late)));
  return base::ok_status();
}

Status PaymentsApi::close_dispute(Call& call, Late late) const {
  ASHLAR_ASSIGN(const json::Value body, body_of(call));
  ASHLAR_ASSIGN(Asked asked, asked_of(call, body, KeyNeed::kRequired));
  module_.payments.close_dispute(std::move(asked), call.param(0), answer_by(std::move(late)));
  return base::ok_status();
}

// Answered when all that the webhook tells is stored: until then the provider sends it again.
Status PaymentsApi::hear(Call& call, Late late) const {
  Provider* const provider = module_.providers().find(call.param(0));
  if (provider == nullptr) {
    return base::fail(Code::kNotFound, "provider_not_found", "There is no such provider.");
  }
  Provider::Headers headers;
  for (std::size_t i = 0; i < call.head->field_count; ++i) {
    headers.emplace_back(call.head->fields[i].name, call.head->fields[i].value);
  }
  ASHLAR_ASSIGN(std::vector<ProviderNotice> notices, provider->read_webhook(call.body, headers));
  const Hear hear = [this](std::string name, ProviderNotice notice, auto stored) {
    module_.payments.notice(std::move(name), std::move(notice), std::move(stored));
  };
  hear_all(call.param(0), std::move(notices), hear, [late = std::move(late)](Status stored) {
    if (!stored.ok()) return late->complete(std::move(stored).error());
    late->complete(http::no_content());
  });
  return base::ok_status();
}

}  // namespace ashlar::payments
