// Customers and their means of payment: what changes them.
#include <optional>
#include <utility>

#include "modules/payments/payments.h"
#include "modules/payments/profile/card_sent.h"
#include "modules/payments/profile/metadata.h"
#include "modules/payments/profile/objects.h"
#include "modules/payments/profile/profile_api.h"
#include "modules/payments/profile/profile_ask.h"
#include "modules/payments/providers/card_tokens.h"

namespace ashlar::payments::profile {
namespace {

using http::Call;
using enum ObjectKind;

CustomerChange customer_in(ProfileAsk& ask) {
  Params& params = ask.params();
  CustomerChange change;
  change.name = params.text("name");
  change.email = params.text("email");
  change.phone = params.text("phone");
  change.description = params.text("description");
  change.metadata = params.pairs("metadata");
  if (const FormNode* settings = params.object("invoice_settings")) {
    Params inner(*settings);
    change.default_method = inner.text("default_payment_method");
    ask.names("invoice_settings/default_payment_method", kPaymentMethod,
              change.default_method.value_or(""));
    const base::Status read = inner.finish();
    if (!read.ok()) params.fail("parameter_unknown", "invoice_settings", read.error().detail);
  }
  return change;
}

NewMethod method_with(std::string token) {
  const Method face = method_of_token(token);
  NewMethod method;
  method.token = std::move(token);
  method.network = face.network;
  method.last4 = face.last4;
  method.exp_month = face.exp_month;
  method.exp_year = face.exp_year;
  return method;
}

}  // namespace

base::Status ProfileApi::create_customer(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kCustomer));
  CustomerChange change = customer_in(ask);
  if (change.metadata)
    std::erase_if(*change.metadata, [](auto& pair) { return pair.second.empty(); });
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.create_customer(std::move(asked), std::move(change),
                            ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::update_customer(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kCustomer));
  ask.about(kCustomer, call.param(0));
  CustomerChange change = customer_in(ask);
  ASHLAR_TRY(ask.finish());
  if (unsets_all(change.metadata)) {
    ASHLAR_TRY(read(call, [&](Reads& reads) -> base::Status {
      const base::Result<Customer> customer = reads.customer(call.param(0));
      if (!customer.ok()) return ask.told(customer.error());
      change.metadata = without(customer->metadata);
      return base::ok_status();
    }));
  }
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.update_customer(std::move(asked), call.param(0), std::move(change),
                            ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::delete_customer(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kCustomer));
  ask.about(kCustomer, call.param(0));
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.delete_customer(std::move(asked), call.param(0), ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::create_method(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentMethod));
  Params& params = ask.params();
  params.need_text("type");
  params.choice("type", {"card"});
  CardSent card = card_in(params);
  if (card.token.empty()) {
    params.fail("parameter_missing", "card/token", "Missing required param: card[token].");
  }
  NewMethod wanted = method_with(std::move(card.token));
  ask.renames("/token", "/card/token");
  if (card.exp_month) wanted.exp_month = *card.exp_month;
  if (card.exp_year) wanted.exp_year = *card.exp_year;
  wanted.metadata = new_metadata(params);
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.create_method(std::move(asked), std::move(wanted),
                          ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::update_method(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentMethod));
  ask.about(kPaymentMethod, call.param(0));
  Params& params = ask.params();
  CardSent card = card_in(params);
  if (!card.token.empty()) params.fail("parameter_unknown", "card/token", "It cannot be changed.");
  MethodChange change{card.exp_month, card.exp_year, params.pairs("metadata")};
  ASHLAR_TRY(ask.finish());
  if (unsets_all(change.metadata)) {
    ASHLAR_TRY(read(call, [&](Reads& reads) -> base::Status {
      const base::Result<Method> method = reads.method(call.param(0));
      if (!method.ok()) return ask.told(method.error());
      change.metadata = without(method->metadata);
      return base::ok_status();
    }));
  }
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.update_method(std::move(asked), call.param(0), std::move(change),
                          ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

// A token of the sandbox's is stored for the customer under an id of its own.
base::Status ProfileApi::attach_method(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentMethod));
  ask.about(kPaymentMethod, call.param(0));
  std::string customer = ask.params().need_text("customer");
  ask.names("customer", kCustomer, customer);
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  if (find_card(call.param(0)) != nullptr) {
    NewMethod wanted = method_with(call.param(0));
    wanted.customer = std::move(customer);
    payments_.create_method(std::move(asked), std::move(wanted),
                            ask.answer_by(call, std::move(late)));
    return base::ok_status();
  }
  payments_.attach_method(std::move(asked), call.param(0), std::move(customer),
                          ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

base::Status ProfileApi::detach_method(Call& call, Late late) const {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kPaymentMethod));
  ask.about(kPaymentMethod, call.param(0));
  ASHLAR_TRY(ask.finish());
  ASHLAR_ASSIGN(Asked asked, ask.asked(call));
  payments_.detach_method(std::move(asked), call.param(0), ask.answer_by(call, std::move(late)));
  return base::ok_status();
}

}  // namespace ashlar::payments::profile
