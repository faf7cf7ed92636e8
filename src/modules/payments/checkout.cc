#include "modules/payments/checkout.h"

#include <utility>

#include "modules/payments/checkout_bank.h"
#include "platform/json/value.h"
#include "platform/outbound/outbound_client.h"
#include "platform/sagas/http_call.h"
#include "platform/sagas/sagas.h"

namespace ashlar::payments {
namespace {

using sagas::StepCall;

// Some two minutes before it turns back: longer than a dead process holds a claim.
constexpr int kAttempts = 12;

sagas::Step step(std::string name, sagas::Action action, sagas::Action compensation = {}) {
  return {.name = std::move(name),
          .action = std::move(action),
          .compensation = std::move(compensation),
          .retry = {{base::Millis(500), base::Millis(2'000), base::Millis(5'000),
                     base::Millis(15'000)}},
          .max_attempts = kAttempts};
}

std::string body_of(const StepCall& call) {
  json::Value::Object body;
  body.emplace_back("checkout", json::Value(call.saga.to_string()));
  const json::Value* const request = call.data.find("request");
  for (const char* name : {"merchant_reference", "amount", "currency", "items"}) {
    const json::Value* const found = request == nullptr ? nullptr : request->find(name);
    if (found != nullptr) body.emplace_back(name, *found);
  }
  if (const json::Value* const payment = call.data.find("payment")) {
    body.emplace_back("payment", *payment);
  }
  return json::to_text(json::Value(std::move(body)));
}

sagas::MakeRequest post(std::string url) {
  return [url = std::move(url)](const StepCall& call) {
    outbound::Request request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body_of(call);
    return request;
  };
}

}  // namespace

sagas::Definition checkout_definition(Payments& payments, storage::Database& db,
                                      CheckoutCalls calls) {
  const CheckoutBank bank(payments, db);
  const auto by_card = [&bank](auto word) {
    return sagas::CallStep([bank, word](const StepCall& call, CheckoutBank::Tell tell) {
      (bank.*word)(call, std::move(tell));
    });
  };
  sagas::Definition definition;
  definition.kind = kCheckoutKind;
  definition.announce_end = true;
  definition.steps = {
      step("reserve", std::move(calls.reserve), std::move(calls.release)),
      step("authorise", by_card(&CheckoutBank::authorise), by_card(&CheckoutBank::cancel)),
      step("confirm", std::move(calls.confirm), std::move(calls.unconfirm)),
      step("grant", std::move(calls.grant), std::move(calls.revoke)),
      step("capture", by_card(&CheckoutBank::capture)),
  };
  definition.steps.back().pivot = true;
  return definition;
}

struct Checkout::Parties {
  Parties(const Options& options, const base::Clock& the_clock, obs::Registry& metrics)
      : clock(the_clock),
        client({.name = "checkout", .allow_private = options.allow_private, .seed = options.seed},
               the_clock, metrics),
        stock(client.add_dependency("checkout_stock", {})),
        order(client.add_dependency("checkout_order", {})),
        access(client.add_dependency("checkout_access", {})) {}

  sagas::CallStep call(outbound::Dependency& party, const std::string& url) {
    return sagas::http_call(client, party, clock, post(url));
  }

  const base::Clock& clock;
  outbound::OutboundClient client;
  outbound::Dependency &stock, &order, &access;
};

Checkout::Checkout(Options options, Payments& payments, storage::Database& database,
                   sagas::Sagas& all_sagas, const base::Clock& clock, obs::Registry& metrics)
    : db(database), sagas(all_sagas) {
  if (options.stock_url.empty() || options.order_url.empty() || options.access_url.empty()) return;
  parties_ = std::make_unique<Parties>(options, clock, metrics);
  CheckoutCalls calls;
  calls.reserve = parties_->call(parties_->stock, options.stock_url + "/reserve");
  calls.release = parties_->call(parties_->stock, options.stock_url + "/release");
  calls.confirm = parties_->call(parties_->order, options.order_url + "/confirm");
  calls.unconfirm = parties_->call(parties_->order, options.order_url + "/unconfirm");
  calls.grant = parties_->call(parties_->access, options.access_url + "/grant");
  calls.revoke = parties_->call(parties_->access, options.access_url + "/revoke");
  sagas.define(checkout_definition(payments, db, std::move(calls)));
}

Checkout::~Checkout() { stop(); }

void Checkout::stop() {
  if (parties_) parties_->client.stop();
}

bool Checkout::configured() const { return parties_ != nullptr; }

}  // namespace ashlar::payments
