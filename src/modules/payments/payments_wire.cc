// THE table of payments: payments, refunds, disputes. Customers, methods and payouts:
// customers_wire.cc.
#include <memory>
#include <utility>
#include <vector>

#include "modules/payments/explain.h"
#include "modules/payments/payments_api.h"
#include "modules/payments/payments_json.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/payments_rows.h"
#include "modules/payments/providers/sandbox_api.h"

namespace ashlar::payments {
namespace {

using http::ErrorDoc;
using http::Method;
using rows::changing;
using rows::late;
using rows::moving;
using rows::reading;
using rows::worker;

using Api = std::shared_ptr<const PaymentsApi>;

const ErrorDoc kNoPayment{404, "payment_not_found",
                          "There is no such payment, or it is another tenant's."};
const ErrorDoc kNoRefund{404, "refund_not_found", "The payment has no such refund."};
const ErrorDoc kNoDispute{404, "dispute_not_found",
                          "There is no such dispute, or it is another tenant's."};
const ErrorDoc kNoCustomer{404, "customer_not_found", "There is no such customer."};
const ErrorDoc kNoMethod{404, "method_not_found", "There is no such payment method."};
const ErrorDoc kState{409, "payment_state", "The payment's state does not allow it."};
const ErrorDoc kInProgress{409, "payment_in_progress",
                           "Something is under way with the provider, or its outcome is not known "
                           "yet: ask again when the payment is not `processing` any more."};
const ErrorDoc kDeclined{402, "payment_declined",
                         "The provider declined: `decline_code` says why, `payment` is the whole "
                         "of it. Kept under the key like any answer."};
const ErrorDoc kReference{409, "merchant_reference_used",
                          "Another payment has this merchant_reference; that holds for ever."};
const ErrorDoc kTooLarge{422, "amount_too_large", "More than is there to be captured or refunded."};
const ErrorDoc kRefunded{409, "charge_already_refunded", "Nothing is left to be refunded."};
const ErrorDoc kNeedsMethod{422, "method_required", "There is no means of payment to ask for it."};
const ErrorDoc kDisputed{409, "charge_disputed", "The money is disputed."};
const ErrorDoc kPosition{400, "position_unknown", "What the cursor names is not there any more."};

void add_payment_routes(http::RouteTable& table, const Api& api) {
  table.push_back(moving("/v1/payments", "Begin a payment; with `confirm`, ask the provider.",
                         late(api, &PaymentsApi::create), &new_payment_schema(),
                         &payment_schema()));
  table.back().success = 201;
  rows::add_errors(table.back(), {kDeclined, kNeedsMethod, kReference, kNoCustomer, kNoMethod,
                                  rows::kCurrency, rows::kProviderAway});
  table.push_back(reading("/v1/payments", "List payments, newest first.",
                          worker(api, &PaymentsApi::list), &payment_page_schema()));
  rows::page(table.back());
  table.back().query.push_back({"state", "Only those in it.", "capturable"});
  table.back().query.push_back({"customer", "Only this customer's.", "cus_9fK2pQx7"});
  table.back().query.push_back(
      {"merchant_reference", "The one that has it; other parameters do not count.", "order-6735"});
  table.push_back(reading("/v1/payments/{id}", "Get one payment.", worker(api, &PaymentsApi::get),
                          &payment_schema()));
  table.back().errors = {kNoPayment};
  table.push_back(changing(Method::kPatch, "/v1/payments/{id}",
                           "Change what was said of a payment.", late(api, &PaymentsApi::update),
                           &payment_patch_schema(), &payment_schema()));
  rows::add_errors(table.back(), {kNoPayment, kState, kInProgress, kNoCustomer, kNoMethod,
                                  rows::kCurrency, rows::kNothing});
}

void add_action_routes(http::RouteTable& table, const Api& api) {
  table.push_back(moving("/v1/payments/{id}/confirm", "Ask the provider for the money.",
                         late(api, &PaymentsApi::confirm), &confirm_schema(), &payment_schema()));
  rows::add_errors(table.back(), {kDeclined, kNeedsMethod, kNoPayment, kNoMethod, kState,
                                  kInProgress, rows::kProviderAway});
  table.push_back(moving("/v1/payments/{id}/capture", "Take what is held, or a part of it.",
                         late(api, &PaymentsApi::capture), &capture_schema(), &payment_schema()));
  rows::add_errors(table.back(), {kNoPayment, kState, kInProgress, kTooLarge, rows::kProviderAway});
  table.push_back(moving("/v1/payments/{id}/cancel", "Release what is held.",
                         late(api, &PaymentsApi::cancel), &cancel_schema(), &payment_schema()));
  rows::add_errors(table.back(), {kNoPayment, kState, kInProgress, rows::kProviderAway});
  table.push_back(reading("/v1/payments/{id}/explain",
                          "All that has happened to a payment, oldest first.",
                          worker(api, &PaymentsApi::explain), &story_schema()));
  table.back().errors = {kNoPayment};
  table.back().cost = 5;
  table.push_back(reading("/v1/payments/balance", "What is yours, by currency.",
                          worker(api, &PaymentsApi::balance), &balance_schema()));
}

void add_refund_routes(http::RouteTable& table, const Api& api) {
  table.push_back(moving("/v1/payments/{id}/refunds", "Give money back.",
                         late(api, &PaymentsApi::refund), &new_refund_schema(), &refund_schema()));
  table.back().success = 201;
  rows::add_errors(table.back(), {kNoPayment, kState, kInProgress, kTooLarge, kRefunded, kDisputed,
                                  rows::kProviderAway});
  table.push_back(reading("/v1/payments/{id}/refunds", "List a payment's refunds, newest first.",
                          worker(api, &PaymentsApi::list_refunds), &refund_page_schema()));
  rows::page(table.back());
  rows::add_errors(table.back(), {kNoPayment, kPosition});
  table.push_back(reading("/v1/payments/{id}/refunds/{refund_id}", "Get one refund.",
                          worker(api, &PaymentsApi::get_refund), &refund_schema()));
  table.back().errors = {kNoPayment, kNoRefund};
}

void add_dispute_routes(http::RouteTable& table, const Api& api) {
  table.push_back(reading("/v1/disputes", "List disputes, newest first.",
                          worker(api, &PaymentsApi::list_disputes), &dispute_page_schema()));
  rows::page(table.back());
  table.back().query.push_back({"payment", "Only this payment's.", "pay_7Xk2mPq9Rt4v"});
  table.push_back(reading("/v1/disputes/{id}", "Get one dispute.",
                          worker(api, &PaymentsApi::get_dispute), &dispute_schema()));
  table.back().errors = {kNoDispute};
  const ErrorDoc closed{409, "dispute_state", "It is decided, or its deadline has passed."};
  table.push_back(moving("/v1/disputes/{id}/evidence", "Say why the money was rightly taken.",
                         late(api, &PaymentsApi::submit_evidence), &evidence_schema(),
                         &dispute_schema()));
  table.back().max_body_bytes = 64 * 1024;
  rows::add_errors(table.back(), {kNoDispute, closed, kInProgress, rows::kProviderAway});
  table.push_back(moving("/v1/disputes/{id}/close", "Give in: it is lost.",
                         late(api, &PaymentsApi::close_dispute), nullptr, &dispute_schema()));
  rows::add_errors(table.back(), {kNoDispute, closed, kInProgress, rows::kProviderAway});
}

void add_provider_route(http::RouteTable& table, const Api& api) {
  http::Route route = changing(Method::kPost, "/v1/payments/webhooks/{provider}",
                               "Where a provider tells of itself; its signature is its key.",
                               late(api, &PaymentsApi::hear), nullptr, nullptr);
  route.tenancy = http::Tenancy::kPublic;
  route.scope = std::string_view("");
  route.idempotency = http::Idempotency::kNatural;  // a notice counts once
  route.raw_body = true;
  // Providers call it, not those who read the description; and no tool could tell its path from
  // that of a payment's actions.
  route.documented = false;
  route.max_body_bytes = 256 * 1024;
  route.success = 204;
  route.errors = {{404, "provider_not_found", "No such provider is in the settings."},
                  {401, "notice_signature", "The signature is not this provider's, or is too old."},
                  {400, "notice_malformed", "The provider's signature is right, its body is not."},
                  rows::kBusy};
  table.push_back(std::move(route));
}

}  // namespace

http::RouteTable payments_routes(PaymentsModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const PaymentsApi>(module, cursors);
  http::RouteTable table;
  add_payment_routes(table, api);
  add_action_routes(table, api);
  add_refund_routes(table, api);
  add_dispute_routes(table, api);
  add_provider_route(table, api);
  for (http::Route& route : customers_routes(module, cursors)) table.push_back(std::move(route));
  if (Sandbox* const sandbox = module.sandbox()) {
    for (http::Route& route : sandbox_routes(*sandbox)) table.push_back(std::move(route));
  }
  return table;
}

}  // namespace ashlar::payments
