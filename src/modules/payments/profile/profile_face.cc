#include "modules/payments/profile/profile_face.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "modules/payments/profile/object_parts.h"
#include "modules/payments/profile/profile_error.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

constexpr std::size_t kKinds = 10;

base::Status write_object(json::Writer& out, ObjectKind kind, const Rendered& what,
                          const Scene& scene, const Expand& expand) {
  switch (kind) {
    case ObjectKind::kPaymentIntent:
      CHECK(what.payment != nullptr);
      return write_payment_intent(out, *what.payment, scene, expand);
    case ObjectKind::kCharge: {
      CHECK(what.payment != nullptr);
      const Attempt* charge = what.charge != nullptr ? what.charge : what.payment->latest_attempt();
      CHECK(charge != nullptr);
      return write_charge(out, *what.payment, *charge, scene, expand);
    }
    case ObjectKind::kRefund:
      CHECK(what.payment != nullptr && what.refund != nullptr);
      return write_refund(out, *what.payment, *what.refund, scene, expand);
    case ObjectKind::kDispute:
      CHECK(what.payment != nullptr && what.dispute != nullptr);
      return write_dispute(out, *what.payment, *what.dispute, scene, expand);
    case ObjectKind::kCustomer:
      CHECK(what.customer != nullptr);
      return write_customer(out, *what.customer, scene, expand);
    case ObjectKind::kPaymentMethod:
      CHECK(what.method != nullptr);
      return write_payment_method(out, *what.method, scene, expand);
    default:
      CHECK(false);  // nothing else is asked of the core
  }
  return base::ok_status();
}

base::Result<ErrorBody> declined_body(const Rendered& what, const Scene& scene) {
  const Attempt& attempt = *what.declined;
  ErrorBody error;
  error.status = 402;
  error.type = "card_error";
  error.code = decline_code_of(attempt);
  error.decline_code = attempt.decline_code;
  error.message = attempt.message.empty() ? "Your card was declined." : attempt.message;
  error.charge = attempt.id;
  json::Writer intent(error.payment_intent);
  ASHLAR_TRY(write_payment_intent(intent, *what.payment, scene, Expand::none()));
  json::Writer method(error.payment_method);
  ASHLAR_TRY(write_method_of(method, attempt.method.empty() ? attempt.token : attempt.method, scene,
                             Expand::none()));
  return error;
}

}  // namespace

std::string FaceState::to_text() const {
  std::string text = std::to_string(static_cast<int>(kind));
  for (const std::string& path : expand) text += "\n" + path;
  return text;
}

FaceState FaceState::from(std::string_view text) {
  FaceState state;
  CHECK(!text.empty());
  const auto kind = static_cast<std::size_t>(text.front() - '0');
  CHECK(kind < kKinds);
  state.kind = static_cast<ObjectKind>(kind);
  text.remove_prefix(1);
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('\n'), text.size());
    state.expand.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return state;
}

base::Result<Answered> ProfileFace::render(const Asked& asked, const Rendered& what,
                                           Reads& reads) const {
  const Scene scene{&reads, asked.mode != "test"};
  Answered answer;
  answer.headers = {{"Content-Type", "application/json"}};
  if (what.declined != nullptr) {
    ASHLAR_ASSIGN(const ErrorBody error, declined_body(what, scene));
    answer.status = error.status;
    answer.body = to_json(error);
    return answer;
  }
  const FaceState state = FaceState::from(asked.face_state);
  json::Writer out(answer.body);
  if (what.deleted) {
    CHECK(what.customer != nullptr);
    write_deleted(out, "customer", what.customer->id);
    return answer;
  }
  ASHLAR_ASSIGN(const Expand expand, Expand::parse(state.kind, false, state.expand));
  ASHLAR_TRY(write_object(out, state.kind, what, scene, expand));
  return answer;
}

}  // namespace ashlar::payments::profile
