// PlainFace and TwoBanks: what PaymentsFixture (payments_fixture.h) works with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modules/payments/face.h"
#include "modules/payments/providers/providers.h"
#include "modules/payments/testing/model_bank.h"

namespace ashlar::payments {

// "pay_… succeeded 100/100/0 re_… pending".
class PlainFace final : public Face {
 public:
  base::Result<Answered> render(const Asked& asked, const Rendered& what,
                                Reads& /*reads*/) const override {
    Answered answer;
    answer.status = what.declined != nullptr ? 402 : what.created ? 201 : 200;
    std::string& body = answer.body;
    if (what.payment != nullptr) {
      const Payment& payment = *what.payment;
      body = payment.id + " " + std::string(name_of(payment.state)) + " " +
             std::to_string(payment.amount) + "/" + std::to_string(payment.captured()) + "/" +
             std::to_string(payment.refunded());
    }
    if (what.refund != nullptr)
      body += " " + what.refund->id + " " + std::string(name_of(what.refund->state));
    if (what.dispute != nullptr)
      body += " " + what.dispute->id + " " + std::string(name_of(what.dispute->state));
    if (what.charge != nullptr) body += " " + what.charge->id;
    if (what.customer != nullptr) body += what.customer->id + " " + what.customer->name;
    if (what.method != nullptr) body += what.method->id + " " + what.method->customer;
    if (what.payout != nullptr)
      body += what.payout->id + " " + std::string(name_of(what.payout->state));
    if (what.declined != nullptr) body += " " + what.declined->decline_code;
    if (what.pending) body += " pending";
    answer.headers = {{"Request-Id", asked.request_id}, {"Face-State", asked.face_state}};
    return answer;
  }
};

class TwoBanks final : public Providers {
 public:
  [[nodiscard]] std::vector<std::string> route(const ProviderCall& /*call*/) const override {
    return failover ? std::vector<std::string>{"north", "south"}
                    : std::vector<std::string>{"north"};
  }
  [[nodiscard]] Provider* find(std::string_view name) const override {
    if (name == "north") return &north;
    return name == "south" ? &south : nullptr;
  }
  mutable ModelBank north{"north"}, south{"south"};
  bool failover = false;
};

}  // namespace ashlar::payments
