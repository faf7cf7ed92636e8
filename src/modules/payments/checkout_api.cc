// The HTTP face of checkouts: documents, handlers, THE table.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modules/payments/asking.h"
#include "modules/payments/card_numbers.h"
#include "modules/payments/checkout.h"
#include "modules/payments/field_rules.h"
#include "modules/payments/payments_json.h"
#include "modules/payments/payments_rows.h"
#include "modules/payments/reads.h"
#include "platform/json/parse.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"
#include "platform/sagas/sagas.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Code;
using base::Result;
using base::Status;
using http::Call;
using http::Response;

constexpr std::size_t kMaxItems = 100;

struct CheckoutItemJson {
  std::string sku;
  std::int64_t quantity = 1;
};
struct NewCheckoutJson {
  std::int64_t amount = 0;
  std::string currency, payment_method, merchant_reference;
  std::vector<CheckoutItemJson> items;
};
struct CheckoutJson {
  std::string id, state, merchant_reference;
  std::optional<std::string> step, payment, error;
  base::Time created_at{}, updated_at{};
};

const json::Schema<CheckoutItemJson>& item_schema() {
  static const auto kSchema =
      json::Schema<CheckoutItemJson>("CheckoutItem", "What is bought.")
          .required("sku", &CheckoutItemJson::sku,
                    {.doc = "The stock service's name of it.",
                     .min_length = 1,
                     .max_length = 100,
                     .example = "hat-blue-58"})
          .optional("quantity", &CheckoutItemJson::quantity, {.min = 1, .max = 1'000'000});
  return kSchema;
}

const json::Schema<NewCheckoutJson>& new_checkout_schema() {
  static const auto kSchema =
      json::Schema<NewCheckoutJson>("CreateCheckout", "A sale over stock, card, order and access.")
          .required("amount", &NewCheckoutJson::amount, amount_rules())
          .required("currency", &NewCheckoutJson::currency, currency_rules())
          .required("payment_method", &NewCheckoutJson::payment_method,
                    {.doc = "A provider's token or pm_…; nobody is there to authenticate.",
                     .min_length = 1,
                     .max_length = 255,
                     .example = "pm_card_visa"})
          .required("merchant_reference", &NewCheckoutJson::merchant_reference,
                    {.doc = "Your name of it: one checkout and one payment for it, for ever.",
                     .min_length = 1,
                     .max_length = sagas::kMaxCorrelationBytes,
                     .example = "order-6735"})
          .optional("items", &NewCheckoutJson::items, item_schema(),
                    {.doc = "Passed on to the three services.", .max_items = kMaxItems});
  return kSchema;
}

const json::Schema<CheckoutJson>& checkout_schema() {
  static const auto kSchema =
      json::Schema<CheckoutJson>("Checkout", "How far a sale has come.")
          .required("id", &CheckoutJson::id, {.doc = "Of its saga too.", .example = "17"})
          .required("state", &CheckoutJson::state,
                    {.doc = "completed: sold. compensated: all was taken back. parked: a person "
                            "has to look (/v1/sagas).",
                     .one_of = {"running", "compensating", "parked", "completed", "compensated"}})
          .required("merchant_reference", &CheckoutJson::merchant_reference,
                    {.example = "order-6735"})
          .required("step", &CheckoutJson::step,
                    {.doc = "Under way, or where it stands: reserve, authorise, confirm, grant, "
                            "capture. null when it is over.",
                     .example = "authorise"})
          .required("payment", &CheckoutJson::payment,
                    {.doc = "Once it is authorised.", .example = "pay_7Xk2mPq9Rt4v"})
          .required("error", &CheckoutJson::error,
                    {.doc = "What it turned back for.", .example = "declined: insufficient_funds"})
          .required("created_at", &CheckoutJson::created_at)
          .required("updated_at", &CheckoutJson::updated_at);
  return kSchema;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Result<CheckoutJson> json_of(const sagas::SagaView& saga) {
  CheckoutJson json;
  json.id = saga.id.to_string();
  json.state = sagas::state_name(saga.state);
  json.merchant_reference = saga.correlation;
  json.step = unless_empty(saga.step);
  json.error = unless_empty(saga.error);
  json.created_at = saga.started_at;
  json.updated_at = saga.updated_at;
  ASHLAR_ASSIGN(const json::Value data, json::parse(saga.data));
  const json::Value* const payment = data.find("payment");
  if (payment != nullptr && payment->if_string()) json.payment = *payment->if_string();
  return json;
}

Status refuse_card_numbers(const NewCheckoutJson& wanted) {
  ASHLAR_TRY(refuse_card_number("/payment_method", wanted.payment_method));
  ASHLAR_TRY(refuse_card_number("/merchant_reference", wanted.merchant_reference));
  for (std::size_t i = 0; i < wanted.items.size(); ++i) {
    ASHLAR_TRY(refuse_card_number("/items/" + std::to_string(i) + "/sku", wanted.items[i].sku));
  }
  return base::ok_status();
}

Result<json::Value> request_of(const NewCheckoutJson& wanted) {
  json::Value::Object request;
  ASHLAR_ASSIGN(std::string currency, currency_of(wanted.currency, "/currency"));
  request.emplace_back("amount", json::Value(wanted.amount));
  request.emplace_back("currency", json::Value(std::move(currency)));
  request.emplace_back("payment_method", json::Value(wanted.payment_method));
  request.emplace_back("merchant_reference", json::Value(wanted.merchant_reference));
  json::Value::Array items;
  for (const CheckoutItemJson& item : wanted.items) {
    json::Value::Object one;
    one.emplace_back("sku", json::Value(item.sku));
    one.emplace_back("quantity", json::Value(item.quantity));
    items.emplace_back(std::move(one));
  }
  request.emplace_back("items", json::Value(std::move(items)));
  return json::Value(std::move(request));
}

base::Error reference_used(const std::string& by) {
  return base::fail(Code::kConflict, "merchant_reference_used",
                    by + " has this merchant reference.");
}

Status same_as_before(const sagas::SagaView& saga, const json::Value& request) {
  ASHLAR_ASSIGN(const json::Value data, json::parse(saga.data));
  const json::Value* const before = data.find("request");
  if (before != nullptr && json::to_text(*before) == json::to_text(request)) {
    return base::ok_status();
  }
  return reference_used("Another checkout");
}

Result<sagas::SagaView> begin(Checkout& checkout, storage::Transaction& tx, const Call& call,
                              const json::Value& request, const std::string& reference) {
  sagas::NewSaga saga;
  saga.kind = kCheckoutKind;
  saga.correlation = reference;
  saga.data.emplace_back("request", request);
  saga.data.emplace_back("mode", json::Value(std::string(call.principal.mode)));
  saga.data.emplace_back("principal", json::Value(principal_of(call)));
  ASHLAR_ASSIGN(const sagas::Started started, checkout.sagas.start(tx, saga));
  ASHLAR_ASSIGN(sagas::SagaView view, checkout.sagas.find(tx, started.id));
  if (started.existed) {
    ASHLAR_TRY(same_as_before(view, request));
    return view;
  }
  ASHLAR_ASSIGN(const auto payment, Reads(tx).by_merchant_reference(reference));
  if (payment) return reference_used("Payment " + payment->id);
  return view;
}

Result<Response> create(Checkout& checkout, Call& call) {
  if (!checkout.configured()) {
    return base::fail(Code::kConflict, "checkout_unconfigured",
                      "Set payments.checkout_stock_url, _order_url and _access_url.");
  }
  ASHLAR_ASSIGN(const json::Value body, body_of(call));
  ASHLAR_ASSIGN(const NewCheckoutJson wanted, new_checkout_schema().parse(body));
  ASHLAR_TRY(refuse_card_numbers(wanted));
  ASHLAR_ASSIGN(const json::Value request, request_of(wanted));
  ASHLAR_ASSIGN(const sagas::SagaView saga,
                checkout.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
                  return begin(checkout, tx, call, request, wanted.merchant_reference);
                }));
  ASHLAR_ASSIGN(const CheckoutJson json, json_of(saga));
  constexpr int kAccepted = 202;
  return http::json_response(kAccepted, checkout_schema(), json)
      .header("Location", "/v1/checkouts/" + json.id);
}

Result<Response> get(Checkout& checkout, Call& call) {
  const base::Error unknown =
      base::fail(Code::kNotFound, "checkout_not_found", "There is no such checkout.");
  const std::string& text = call.param(0);
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number <= 0) {
    return unknown;
  }
  const auto saga = checkout.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
    return checkout.sagas.find(tx, sagas::SagaId(number));
  });
  if (!saga.ok() && saga.error().code != Code::kNotFound) return saga.error();
  if (!saga.ok() || saga->kind != kCheckoutKind) return unknown;
  ASHLAR_ASSIGN(const CheckoutJson json, json_of(*saga));
  return http::json_response(200, checkout_schema(), json).header("Cache-Control", "no-store");
}

}  // namespace

http::RouteTable checkout_routes(Checkout& checkout) {
  http::RouteTable table;
  table.push_back(rows::moving(
      "/v1/checkouts", "Begin a checkout: reserve, authorise, confirm, grant, capture.",
      http::WorkerHandler([&checkout](Call& call) { return create(checkout, call); }),
      &new_checkout_schema(), &checkout_schema()));
  http::Route& begins = table.back();
  begins.success = 202;
  // Of a merchant_reference there is one: the same again answers how far it has come.
  begins.idempotency = http::Idempotency::kNatural;
  begins.errors = {
      {409, "checkout_unconfigured", "The settings name no services to check out with."},
      {409, "merchant_reference_used",
       "A payment, or a checkout that asked for something else, has it; for ever."},
      {422, "card_number_refused", "A field looks like a card number; nothing was stored."},
      rows::kCurrency};
  table.push_back(
      rows::reading("/v1/checkouts/{id}", "How far a checkout has come.",
                    http::WorkerHandler([&checkout](Call& call) { return get(checkout, call); }),
                    &checkout_schema()));
  table.back().errors = {
      {404, "checkout_not_found", "There is no such checkout, or it is another tenant's."}};
  return table;
}

}  // namespace ashlar::payments
