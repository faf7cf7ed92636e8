// What can be looked at, one by one.
#include <string>
#include <utility>

#include "modules/payments/profile/objects.h"
#include "modules/payments/profile/profile_api.h"
#include "modules/payments/profile/profile_ask.h"
#include "modules/payments/profile/profile_event.h"
#include "modules/payments/providers/card_tokens.h"
#include "modules/payments/reads.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::payments::profile {
namespace {

using http::Call;
using http::Response;
using enum ObjectKind;

using Write = std::function<base::Status(json::Writer&, Reads&, const Scene&, const Expand&)>;

base::Error none(const char* reason) { return base::fail(base::Code::kNotFound, reason, {}); }

Scene scene_of(const Call& call, Reads& reads) { return {&reads, call.principal.mode != "test"}; }

base::Result<Response> answer_one(const ProfileApi& api, const Call& call, ObjectKind kind,
                                  const Write& write) {
  ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, kind));
  if (!call.path_params.empty()) ask.about(kind, call.path_params.back());
  ASHLAR_TRY(ask.finish());
  std::string body;
  base::Status done = api.read(call, [&](Reads& reads) {
    body.clear();  // a read may run again
    json::Writer out(body);
    return write(out, reads, scene_of(call, reads), ask.expand());
  });
  if (!done.ok()) return ask.told(std::move(done).error());
  return answer_json(call, std::move(body));
}

}  // namespace

base::Status ProfileApi::read(const Call& call,
                              const std::function<base::Status(Reads&)>& look) const {
  return db_.read(call.tenant_context(), [&](storage::Transaction& tx) {
    Reads reads(tx);
    return look(reads);
  });
}

base::Result<Response> ProfileApi::get_intent(Call& call) const {
  return answer_one(*this, call, kPaymentIntent,
                    [&](json::Writer& out, Reads& reads, const Scene& scene,
                        const Expand& expand) -> base::Status {
                      ASHLAR_ASSIGN(const Payment payment,
                                    reads.payment(payment_id(call.param(0))));
                      return write_payment_intent(out, payment, scene, expand);
                    });
}

base::Result<Response> ProfileApi::get_charge(Call& call) const {
  return answer_one(*this, call, kCharge,
                    [&](json::Writer& out, Reads& reads, const Scene& scene,
                        const Expand& expand) -> base::Status {
                      if (!call.param(0).starts_with("ch_")) return none("charge_not_found");
                      ASHLAR_ASSIGN(const Payment payment, reads.payment_with(call.param(0)));
                      const Attempt* charge = payment.attempt(call.param(0));
                      if (charge == nullptr) return none("charge_not_found");
                      return write_charge(out, payment, *charge, scene, expand);
                    });
}

base::Result<Response> ProfileApi::get_refund(Call& call) const {
  return answer_one(*this, call, kRefund,
                    [&](json::Writer& out, Reads& reads, const Scene& scene,
                        const Expand& expand) -> base::Status {
                      if (!call.param(0).starts_with("re_")) return none("refund_not_found");
                      ASHLAR_ASSIGN(const Payment payment, reads.payment_with(call.param(0)));
                      const Refund* refund = payment.refund(call.param(0));
                      if (refund == nullptr) return none("refund_not_found");
                      return write_refund(out, payment, *refund, scene, expand);
                    });
}

base::Result<Response> ProfileApi::get_dispute(Call& call) const {
  return answer_one(*this, call, kDispute,
                    [&](json::Writer& out, Reads& reads, const Scene& scene,
                        const Expand& expand) -> base::Status {
                      if (!call.param(0).starts_with("dp_")) return none("dispute_not_found");
                      ASHLAR_ASSIGN(const Payment payment, reads.payment_with(call.param(0)));
                      const Dispute* dispute = payment.dispute(call.param(0));
                      if (dispute == nullptr) return none("dispute_not_found");
                      return write_dispute(out, payment, *dispute, scene, expand);
                    });
}

base::Result<Response> ProfileApi::get_customer(Call& call) const {
  return answer_one(*this, call, kCustomer,
                    [&](json::Writer& out, Reads& reads, const Scene& scene,
                        const Expand& expand) -> base::Status {
                      ASHLAR_ASSIGN(const Customer customer, reads.customer(call.param(0)));
                      return write_customer(out, customer, scene, expand);
                    });
}

// By itself, or as a customer's.
base::Result<Response> ProfileApi::get_method(Call& call) const {
  const std::string& id = call.path_params.back();
  return answer_one(*this, call, kPaymentMethod,
                    [&](json::Writer& out, Reads& reads, const Scene& scene,
                        const Expand& expand) -> base::Status {
                      const bool of_customer = call.path_params.size() == 2;
                      if (!of_customer && find_card(id) != nullptr) {
                        return write_payment_method(out, method_of_token(id), scene, expand);
                      }
                      ASHLAR_ASSIGN(const Method method, reads.method(id));
                      if (of_customer && method.customer != call.param(0))
                        return none("method_not_found");
                      return write_payment_method(out, method, scene, expand);
                    });
}

base::Result<Response> ProfileApi::get_entry(Call& call) const {
  return answer_one(*this, call, kBalanceTransaction,
                    [&](json::Writer& out, Reads& reads, const Scene& scene,
                        const Expand& expand) -> base::Status {
                      ASHLAR_ASSIGN(const Entry entry, reads.entry(call.param(0)));
                      if (!entry.payment.starts_with("pay_")) {
                        return write_balance_transaction(out, entry, nullptr, scene, expand);
                      }
                      ASHLAR_ASSIGN(const Payment payment, reads.payment(entry.payment));
                      return write_balance_transaction(out, entry, &payment, scene, expand);
                    });
}

base::Result<Response> ProfileApi::get_balance(Call& call) const {
  return answer_one(
      *this, call, kBalance,
      [&](json::Writer& out, Reads& reads, const Scene& scene, const Expand&) -> base::Status {
        ASHLAR_ASSIGN(const std::vector<CurrencyBalance> balance, reads.balance());
        write_balance(out, balance, scene);
        return base::ok_status();
      });
}

base::Result<Response> ProfileApi::get_event(Call& call) const {
  return answer_one(
      *this, call, kEvent,
      [&](json::Writer& out, Reads& reads, const Scene& scene, const Expand&) -> base::Status {
        ASHLAR_ASSIGN(const Told told, reads.event(core_event_id(call.param(0))));
        for (const ProfileEvent& event : events_of(told)) {
          if (event.id == call.param(0)) {
            return write_event(out, event, told, reads, scene.live, 0);
          }
        }
        return none("event_not_found");
      });
}

}  // namespace ashlar::payments::profile
