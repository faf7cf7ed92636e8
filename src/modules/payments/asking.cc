#include "modules/payments/asking.h"

#include <algorithm>
#include <utility>

#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/security/answer_once.h"
#include "platform/security/idempotency.h"

namespace ashlar::payments {
namespace {

using base::Code;

// As deep as json::parse() lets it be.
json::Value in_order(const json::Value& value) {
  if (const auto* array = value.if_array()) {
    json::Value::Array out;
    out.reserve(array->size());
    for (const json::Value& one : *array) out.push_back(in_order(one));
    return json::Value(std::move(out));
  }
  if (const auto* object = value.if_object()) {
    json::Value::Object out;
    out.reserve(object->size());
    for (const auto& [name, one] : *object) out.emplace_back(name, in_order(one));
    std::ranges::sort(out, {}, [](const auto& member) -> auto& { return member.first; });
    return json::Value(std::move(out));
  }
  return value;
}

http::Response response_of(Answered answered) {
  http::Response response{answered.status, {}, {}, std::move(answered.body)};
  for (auto& [name, value] : answered.headers) {
    if (name == "Content-Type") {
      response.content_type = std::move(value);
    } else {
      response.header(std::move(name), std::move(value));
    }
  }
  if (answered.replayed) response.header("Idempotency-Replayed", "true");
  return response;
}

}  // namespace

std::string principal_of(const http::Call& call) {
  const security::Principal& who = call.principal;
  if (who.kind == security::Principal::Kind::kAdmin) return "administrator";
  return "key:" + who.key.to_string();
}

base::Result<json::Value> body_of(const http::Call& call) {
  if (call.body.empty()) return json::Value(json::Value::Object{});
  return json::parse(call.body);
}

base::Result<Asked> asked_of(const http::Call& call, const json::Value& body, KeyNeed need) {
  Asked asked;
  ASHLAR_ASSIGN(asked.key, security::idempotency_key_of(call));
  if (!asked.key && need == KeyNeed::kRequired) {
    return base::fail(Code::kInvalid, "idempotency_key_required",
                      "This request moves money: send an Idempotency-Key.");
  }
  asked.tenant = call.principal.tenant;
  asked.mode = call.principal.mode;
  asked.principal = principal_of(call);
  asked.request_id = call.request_id;
  asked.fingerprint = security::request_hash(call.head->method_text, call.head->path,
                                             json::to_text(in_order(body)));
  asked.face = FaceKind::kNative;
  asked.deadline = call.deadline;
  return asked;
}

Done answer_by(std::shared_ptr<http::LateAnswer> late) {
  return [late = std::move(late)](base::Result<Answered> answered) {
    if (!answered.ok()) return late->complete(std::move(answered).error());
    late->complete(response_of(std::move(*answered)));
  };
}

}  // namespace ashlar::payments
