#include "modules/payments/native_face.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/sentence.h"
#include "modules/payments/customers_json.h"
#include "modules/payments/payments_json.h"
#include "platform/http/problem.h"
#include "platform/json/writer.h"

namespace ashlar::payments {
namespace {

template <class T>
std::string text_of(const json::Schema<T>& schema, const T& value) {
  std::string text;
  json::Writer writer(text);
  schema.write(writer, value);
  return text;
}

std::string problem_text(const Asked& asked, const Payment& payment, const Attempt& declined) {
  constexpr int kPaymentRequired = 402;
  std::string text;
  json::Writer out(text);
  out.begin_object();
  out.key("type").string("https://ashlar.dev/problems/payment_declined");
  out.key("title").string(http::status_text(kPaymentRequired));
  out.key("status").integer(kPaymentRequired);
  out.key("detail").string(
      base::sentence(declined.message.empty() ? "The provider declined." : declined.message));
  out.key("reason").string("payment_declined");
  out.key("request_id").string(asked.request_id);
  out.key("decline_code").string(declined.decline_code);
  out.key("payment").raw(text_of(payment_schema(), json_of(payment)));
  out.end_object();
  return text;
}

Answered declined_answer(const Asked& asked, const Rendered& what) {
  return {402,
          {{"Content-Type", "application/problem+json"},
           {"Location", "/v1/payments/" + what.payment->id}},
          problem_text(asked, *what.payment, *what.declined)};
}

struct Resource {
  std::string location, body;
};

Resource resource_of(const Rendered& what) {
  if (what.refund != nullptr) {
    return {"/v1/payments/" + what.payment->id + "/refunds/" + what.refund->id,
            text_of(refund_schema(), json_of(*what.refund, *what.payment))};
  }
  if (what.dispute != nullptr) {
    return {"/v1/disputes/" + what.dispute->id,
            text_of(dispute_schema(), json_of(*what.dispute, *what.payment))};
  }
  if (what.payment != nullptr) {
    return {"/v1/payments/" + what.payment->id, text_of(payment_schema(), json_of(*what.payment))};
  }
  if (what.payout != nullptr) {
    return {"/v1/payouts/" + what.payout->id, text_of(payout_schema(), json_of(*what.payout))};
  }
  if (what.method != nullptr) {
    return {"/v1/payment-methods/" + what.method->id,
            text_of(method_schema(), json_of(*what.method))};
  }
  CHECK(what.customer != nullptr);
  return {"/v1/customers/" + what.customer->id,
          text_of(customer_schema(), json_of(*what.customer))};
}

}  // namespace

base::Result<Answered> NativeFace::render(const Asked& asked, const Rendered& what,
                                          Reads& /*reads*/) const {
  if (what.declined != nullptr) return declined_answer(asked, what);
  if (what.deleted) return Answered{204, {}, {}};
  Resource resource = resource_of(what);
  Answered answer{what.pending   ? 202
                  : what.created ? 201
                                 : 200,
                  {{"Content-Type", "application/json"}},
                  std::move(resource.body)};
  if (what.created) answer.headers.emplace_back("Location", std::move(resource.location));
  return answer;
}

}  // namespace ashlar::payments
