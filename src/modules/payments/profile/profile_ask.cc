#include "modules/payments/profile/profile_ask.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "modules/payments/asking.h"
#include "modules/payments/profile/profile_error.h"
#include "modules/payments/profile/profile_face.h"
#include "platform/security/answer_once.h"
#include "platform/security/idempotency.h"

namespace ashlar::payments::profile {
namespace {

bool is_form(std::string_view content_type) {
  const std::string_view type = base::trim_spaces(content_type.substr(0, content_type.find(';')));
  return type.empty() || base::ascii_iequals(type, "application/x-www-form-urlencoded");
}

struct Missing {
  std::string_view reason;
  ObjectKind kind;
};
constexpr std::array kMissing{
    Missing{"payment_not_found", ObjectKind::kPaymentIntent},
    Missing{"charge_not_found", ObjectKind::kCharge},
    Missing{"refund_not_found", ObjectKind::kRefund},
    Missing{"dispute_not_found", ObjectKind::kDispute},
    Missing{"customer_not_found", ObjectKind::kCustomer},
    Missing{"method_not_found", ObjectKind::kPaymentMethod},
    Missing{"entry_not_found", ObjectKind::kBalanceTransaction},
    Missing{"event_not_found", ObjectKind::kEvent},
    Missing{"endpoint_not_found", ObjectKind::kWebhookEndpoint},
};

http::Response response_of(Answered answered) {
  http::Response response{answered.status, "application/json", {}, std::move(answered.body)};
  for (auto& [name, value] : answered.headers) {
    if (name != "Content-Type") response.header(std::move(name), std::move(value));
  }
  if (answered.replayed) response.header("Idempotent-Replayed", "true");
  return response;
}

}  // namespace

http::Response answer_json(const http::Call& call, std::string body) {
  http::Response response = http::json_text(200, std::move(body));
  add_common_headers(response, call.request_id);
  return response;
}

base::Result<ProfileAsk> ProfileAsk::of(const http::Call& call, ObjectKind kind, bool list) {
  if (!call.body.empty() && !is_form(call.head->content_type)) {
    return base::fail(base::Code::kInvalid, "unsupported_media_type",
                      "Send parameters as application/x-www-form-urlencoded.");
  }
  for (const std::string_view other : {"stripe-account", "stripe-context"}) {
    if (call.head->find(other).empty()) continue;
    // What is meant for another's account must not be done in one's own.
    return base::fail(base::Code::kForbidden, "accounts_unknown",
                      "There are no accounts of others here.");
  }
  ProfileAsk ask;
  ask.kind_ = kind;
  ASHLAR_ASSIGN(Form form, Form::parse(call.head->query, call.body));
  ask.form_ = std::make_unique<Form>(std::move(form));
  ask.params_ = std::make_unique<Params>(ask.form_->root());
  ask.paths_ = ask.params_->list("expand");
  ASHLAR_ASSIGN(ask.expand_, Expand::parse(kind, list, ask.paths_));
  return ask;
}

void ProfileAsk::about(ObjectKind kind, std::string id) {
  const std::string param = kind == ObjectKind::kPaymentIntent ? "intent" : "id";
  named_.insert(named_.begin(), {kind, std::move(id), param, true});
}

void ProfileAsk::names(std::string param, ObjectKind kind, std::string id) {
  if (!id.empty()) named_.push_back({kind, std::move(id), std::move(param), false});
}

base::Result<Asked> ProfileAsk::asked(const http::Call& call) const {
  Asked asked;
  ASHLAR_ASSIGN(asked.key, security::idempotency_key_of(call));
  asked.tenant = call.principal.tenant;
  asked.mode = call.principal.mode;
  asked.principal = principal_of(call);
  asked.request_id = call.request_id;
  asked.fingerprint =
      security::request_hash(call.head->method_text, call.head->path, form_->canonical());
  asked.face = FaceKind::kProfile;
  asked.face_state = FaceState{kind_, paths_}.to_text();
  asked.deadline = call.deadline;
  return asked;
}

base::Error ProfileAsk::told(base::Error error) const {
  const auto* const missing =
      std::ranges::find(kMissing, std::string_view(error.reason), &Missing::reason);
  if (missing == kMissing.end()) {
    for (base::FieldError& field : error.fields) {
      if (!renamed_.first.empty() && field.field == renamed_.first) field.field = renamed_.second;
    }
    return error;
  }
  error = base::fail(base::Code::kNotFound, "resource_missing",
                     "No such " + std::string(name_of(missing->kind)) + ".");
  const auto named = std::ranges::find(named_, missing->kind, &Named::kind);
  if (named == named_.end()) return error;
  error.detail = "No such " + std::string(name_of(missing->kind)) + ": '" + named->id + "'";
  error.fields.push_back({"/" + named->param, "resource_missing", error.detail});
  if (!named->in_path) error.reason = "reference_missing";
  return error;
}

Done ProfileAsk::answer_by(const http::Call& call, std::shared_ptr<http::LateAnswer> late) {
  // Done may be copied, so what is not of one answer is shared.
  auto ask = std::make_shared<ProfileAsk>(std::move(*this));
  return [ask, late = std::move(late), request_id = call.request_id,
          key = std::string(call.head->idempotency_key)](base::Result<Answered> answered) {
    if (!answered.ok()) return late->complete(ask->told(std::move(answered).error()));
    http::Response response = response_of(std::move(*answered));
    add_common_headers(response, request_id);
    if (!key.empty()) response.header("Idempotency-Key", key);
    late->complete(std::move(response));
  };
}

}  // namespace ashlar::payments::profile
