// Customers, their means of payment, and payouts.
#include <utility>

#include "base/clock.h"
#include "modules/payments/ask_checks.h"
#include "modules/payments/flow.h"
#include "modules/payments/ids.h"
#include "modules/payments/payments.h"
#include "modules/payments/payments_impl.h"
#include "modules/payments/providers/provider.h"
#include "modules/payments/providers/providers.h"

namespace ashlar::payments {
namespace {

using base::Code;
using store::Renders;

template <class T>
base::Status check_all(const Asked& asked, const T& wanted) {
  ASHLAR_TRY(check_ask(asked));
  return check_ask(wanted);
}

template <class T>
void take(const std::optional<T>& from, T& to) {
  if (from) to = *from;
}

base::Status take_over(Customer& customer, const CustomerChange& change) {
  take(change.name, customer.name);
  take(change.email, customer.email);
  take(change.phone, customer.phone);
  take(change.description, customer.description);
  take(change.default_method, customer.default_method);
  if (change.metadata) {
    ASHLAR_ASSIGN(customer.metadata, merged("/metadata", customer.metadata, *change.metadata));
  }
  return base::ok_status();
}

// By whom it is taken: the one that is named, or the first that would be tried.
base::Result<std::string> provider_for(const Desk& desk, const std::string& named,
                                       const ProviderCall& call) {
  std::string name = named;
  if (name.empty()) {
    const std::vector<std::string> route = desk.providers.route(call);
    if (!route.empty()) name = route.front();
  }
  if (name.empty() || desk.providers.find(name) == nullptr) {
    return base::fail(Code::kUnavailable, "provider_unknown",
                      "No provider of this name is configured.");
  }
  return name;
}

base::Status make_method(Change& change, const NewMethod& what, const std::string& id) {
  Method method;
  method.id = id;
  method.token = what.token;
  method.customer = what.customer;
  method.network = what.network;
  method.last4 = what.last4;
  method.exp_month = what.exp_month;
  method.exp_year = what.exp_year;
  method.created_at = change.now();
  if (!what.customer.empty()) ASHLAR_TRY(change.customer(what.customer));
  ProviderCall call;
  call.token = what.token;
  ASHLAR_ASSIGN(method.provider, provider_for(change.desk(), what.provider, call));
  const Provider* provider = change.desk().providers.find(method.provider);
  if (!provider->takes(what.token)) {
    const char* why = "The provider does not know this token.";
    return base::Error{Code::kInvalid, "token_unknown", why, {{"/token", "token_unknown", why}}};
  }
  if (const auto face = provider->face_of(what.token)) {
    method.network = face->network;
    method.last4 = face->last4;
    method.exp_month = face->exp_month;
    method.exp_year = face->exp_year;
  }
  ASHLAR_ASSIGN(method.metadata, merged("/metadata", {}, what.metadata));
  change.put(method, "method.created", 0);
  return base::ok_status();
}

base::Status begin_payout(Change& change, Turn& turn, const NewPayout& wanted,
                          const std::string& id) {
  NewCall call;
  call.op = ProviderOp::kPayout;
  call.subject = call.part = id;
  call.plan.call.op = ProviderOp::kPayout;
  call.plan.call.amount = wanted.amount;
  call.plan.call.currency = wanted.currency;
  call.plan.call.token = wanted.destination;
  call.plan.call.descriptor = wanted.descriptor;
  ASHLAR_ASSIGN(call.provider, provider_for(change.desk(), wanted.provider, call.plan.call));
  const auto account = change.booking().account(available_account(wanted.currency));
  Money available = 0;
  if (account.ok()) {
    available = account->totals.credits_posted - account->totals.debits_posted;
  } else if (account.error().code != Code::kNotFound) {
    return account.error();
  }
  if (available < wanted.amount) {
    return base::fail(Code::kConflict, "balance_insufficient",
                      "Only " + std::to_string(available) + " is available.");
  }
  Payout payout;
  payout.id = id;
  payout.amount = wanted.amount;
  payout.currency = wanted.currency;
  payout.provider = call.provider;
  payout.destination = wanted.destination;
  payout.descriptor = wanted.descriptor;
  payout.created_at = change.now();
  ASHLAR_ASSIGN(payout.metadata, merged("/metadata", {}, wanted.metadata));
  post_payout(change.postings(), id, wanted.currency, wanted.amount);
  Entry entry;
  entry.id = entry_id(id, 'p');
  entry.kind = EntryKind::kPayout;
  entry.source = entry.payment = id;
  entry.currency = wanted.currency;
  entry.provider = call.provider;
  entry.amount = -wanted.amount;
  entry.at = entry.available_on = change.now();
  entry.settled = true;
  change.enter(std::move(entry));
  change.put(payout, "payout.created", 0);
  turn.renders = Renders::kPayout;
  turn.part = id;
  turn.call = std::move(call);
  return base::ok_status();
}

}  // namespace

void Payments::create_customer(Asked asked, CustomerChange what, Done done) {
  if (auto status = check_all(asked, what); !status.ok()) return done(status.error());
  std::string id = new_id("cus_", impl_->desk.clock.now(), impl_->desk.entropy);
  Flow::ask(
      impl_->desk, std::move(asked),
      [id = std::move(id), what = std::move(what)](Change& change, Turn& turn) -> base::Status {
        Customer customer;
        customer.id = id;
        customer.created_at = change.now();
        ASHLAR_TRY(take_over(customer, what));
        change.put(customer, "customer.created", 0);
        turn.renders = Renders::kNothing;
        turn.created = true;
        return base::ok_status();
      },
      std::move(done));
}

void Payments::update_customer(Asked asked, std::string customer, CustomerChange change,
                               Done done) {
  if (auto status = check_all(asked, change); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [id = std::move(customer), wanted = std::move(change)](Change& changed,
                                                             Turn& turn) -> base::Status {
        ASHLAR_ASSIGN(auto stored, changed.customer(id));
        ASHLAR_TRY(take_over(stored.first, wanted));
        changed.put(stored.first, "customer.updated", stored.second);
        turn.renders = Renders::kNothing;
        return base::ok_status();
      },
      std::move(done));
}

void Payments::delete_customer(Asked asked, std::string customer, Done done) {
  if (auto status = check_ask(asked); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [id = std::move(customer)](Change& change, Turn& turn) -> base::Status {
        ASHLAR_ASSIGN(auto stored, change.customer(id));
        stored.first.deleted = true;
        change.put(stored.first, "customer.deleted", stored.second);
        turn.renders = Renders::kNothing;
        turn.deleted = true;
        return base::ok_status();
      },
      std::move(done));
}

void Payments::create_method(Asked asked, NewMethod what, Done done) {
  if (auto status = check_all(asked, what); !status.ok()) return done(status.error());
  std::string id = new_id("pm_", impl_->desk.clock.now(), impl_->desk.entropy);
  Flow::ask(
      impl_->desk, std::move(asked),
      [id = std::move(id), what = std::move(what)](Change& change, Turn& turn) {
        turn.renders = Renders::kNothing;
        turn.created = true;
        return make_method(change, what, id);
      },
      std::move(done));
}

void Payments::update_method(Asked asked, std::string method, MethodChange change, Done done) {
  if (auto status = check_all(asked, change); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [id = std::move(method), wanted = std::move(change)](Change& changed,
                                                           Turn& turn) -> base::Status {
        ASHLAR_ASSIGN(auto stored, changed.method(id));
        take(wanted.exp_month, stored.first.exp_month);
        take(wanted.exp_year, stored.first.exp_year);
        if (wanted.metadata) {
          ASHLAR_ASSIGN(stored.first.metadata,
                        merged("/metadata", stored.first.metadata, *wanted.metadata));
        }
        changed.put(stored.first, "method.updated", stored.second);
        turn.renders = Renders::kNothing;
        return base::ok_status();
      },
      std::move(done));
}

void Payments::attach_method(Asked asked, std::string method, std::string customer, Done done) {
  if (auto status = check_ask(asked); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [id = std::move(method), customer = std::move(customer)](Change& change,
                                                               Turn& turn) -> base::Status {
        ASHLAR_ASSIGN(auto stored, change.method(id));
        ASHLAR_TRY(change.customer(customer));
        if (!stored.first.customer.empty() && stored.first.customer != customer) {
          return base::fail(Code::kConflict, "method_attached",
                            "The means of payment is another customer's.");
        }
        stored.first.customer = customer;
        change.put(stored.first, "method.attached", stored.second);
        turn.renders = Renders::kNothing;
        return base::ok_status();
      },
      std::move(done));
}

void Payments::detach_method(Asked asked, std::string method, Done done) {
  if (auto status = check_ask(asked); !status.ok()) return done(status.error());
  Flow::ask(
      impl_->desk, std::move(asked),
      [id = std::move(method)](Change& change, Turn& turn) -> base::Status {
        ASHLAR_ASSIGN(auto stored, change.method(id));
        stored.first.customer.clear();
        change.put(stored.first, "method.detached", stored.second);
        turn.renders = Renders::kNothing;
        return base::ok_status();
      },
      std::move(done));
}

void Payments::payout(Asked asked, NewPayout wanted, Done done) {
  if (auto status = check_all(asked, wanted); !status.ok()) return done(status.error());
  std::string id = new_id("po_", impl_->desk.clock.now(), impl_->desk.entropy);
  Flow::ask(
      impl_->desk, std::move(asked),
      [id = std::move(id), wanted = std::move(wanted)](Change& change, Turn& turn) {
        return begin_payout(change, turn, wanted, id);
      },
      std::move(done));
}

}  // namespace ashlar::payments
