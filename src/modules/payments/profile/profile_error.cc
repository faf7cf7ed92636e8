#include "modules/payments/profile/profile_error.h"

#include <algorithm>
#include <array>

#include "base/sentence.h"
#include "platform/http/problem.h"
#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

using base::Code;

constexpr std::string_view kInvalidRequest = "invalid_request_error";
constexpr std::string_view kIdempotency = "idempotency_error";
constexpr std::string_view kOurs = "api_error";

// Reasons of ours that clients know by another code, or at another status than their Code's. A code
// of "" is none: there is no word for it in this protocol.
struct Known {
  std::string_view reason;
  int status;
  std::string_view type;
  std::string_view code;
};
constexpr std::array kKnown{
    Known{"idempotency_key_reused", 400, kIdempotency, ""},
    Known{"idempotency_key_in_use", 409, kIdempotency, "idempotency_key_in_use"},
    Known{"payment_state", 400, kInvalidRequest, "payment_intent_unexpected_state"},
    Known{"payment_in_progress", 409, kInvalidRequest, "lock_timeout"},
    Known{"charge_already_refunded", 400, kInvalidRequest, "charge_already_refunded"},
    Known{"charge_already_captured", 400, kInvalidRequest, "charge_already_captured"},
    Known{"charge_disputed", 400, kInvalidRequest, "charge_disputed"},
    Known{"refund_state", 400, kInvalidRequest, ""},
    Known{"dispute_state", 400, kInvalidRequest, ""},
    Known{"balance_insufficient", 400, kInvalidRequest, "balance_insufficient"},
    Known{"resource_missing", 404, kInvalidRequest, "resource_missing"},
    Known{"reference_missing", 400, kInvalidRequest, "resource_missing"},
    Known{"position_unknown", 400, kInvalidRequest, "resource_missing"},
    Known{"amount_too_large", 400, kInvalidRequest, "amount_too_large"},
    Known{"amount_invalid", 400, kInvalidRequest, "parameter_invalid_integer"},
    Known{"parameter_missing", 400, kInvalidRequest, "parameter_missing"},
    Known{"parameter_unknown", 400, kInvalidRequest, "parameter_unknown"},
    Known{"parameter_invalid_empty", 400, kInvalidRequest, "parameter_invalid_empty"},
    Known{"parameter_invalid_integer", 400, kInvalidRequest, "parameter_invalid_integer"},
    Known{"parameters_exclusive", 400, kInvalidRequest, "parameters_exclusive"},
    Known{"url_invalid", 400, kInvalidRequest, "url_invalid"},
    Known{"quota_exceeded", 429, kInvalidRequest, "rate_limit"},
    Known{"invalid_api_key", 401, kInvalidRequest, ""},
    Known{"expired_api_key", 401, kInvalidRequest, "api_key_expired"},
};

void write(json::Writer& out, std::string_view key, std::string_view value) {
  if (!value.empty()) out.key(key).string(value);
}
void write_raw(json::Writer& out, std::string_view key, const std::string& value) {
  if (!value.empty()) out.key(key).raw(value);
}

// The parameter that an error of the core's names, as this protocol calls it.
std::string_view param_name(std::string_view name) {
  if (name == "method") return "payment_method";
  if (name == "payment") return "payment_intent";
  if (name == "descriptor") return "statement_descriptor";
  return name;
}

http::Response response_of(const ErrorBody& error, std::string_view request_id) {
  http::Response response = http::json_text(error.status, to_json(error));
  add_common_headers(response, request_id);
  if (error.status == 401) response.header("WWW-Authenticate", "Bearer realm=\"ashlar\"");
  if (error.status == 429 || error.status == 503) response.header("Retry-After", "1");
  return response;
}

}  // namespace

void add_common_headers(http::Response& response, std::string_view request_id) {
  response.header("Request-Id", std::string(request_id));
  response.header("Stripe-Version", std::string(kApiVersion));
}

std::string param_of(std::string_view pointer) {
  if (pointer.starts_with('/') || pointer.starts_with('?')) pointer.remove_prefix(1);
  const std::size_t slash = std::min(pointer.find('/'), pointer.size());
  std::string param(param_name(pointer.substr(0, slash)));
  std::string_view rest = pointer.substr(slash);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    param.append("[").append(rest.substr(0, end)).append("]");
    rest.remove_prefix(end);
  }
  return param;
}

std::string to_json(const ErrorBody& error) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("error").begin_object();
  write(out, "charge", error.charge);
  write(out, "code", error.code);
  write(out, "decline_code", error.decline_code);
  out.key("message").string(base::sentence(error.message));
  write(out, "param", error.param);
  write_raw(out, "payment_intent", error.payment_intent);
  write_raw(out, "payment_method", error.payment_method);
  out.key("type").string(error.type);
  out.end_object().end_object();
  return text;
}

ErrorBody error_body(const base::Error& error) {
  const std::string_view reason = error.reason;
  ErrorBody body;
  body.message = error.detail;
  if (!error.fields.empty()) {
    body.param = param_of(error.fields.front().field);
    if (!error.fields.front().detail.empty()) body.message = error.fields.front().detail;
  }
  const auto* const known = std::ranges::find(kKnown, reason, &Known::reason);
  if (known != kKnown.end()) {
    body.status = known->status;
    body.type = known->type;
    body.code = known->code;
    return body;
  }
  body.status = http::status_of(error);
  if (error.code == Code::kInvalid || error.code == Code::kConflict) body.status = 400;
  if (body.status == 404) body.code = "resource_missing";
  if (body.status == 429) body.code = "rate_limit";
  if (body.status >= 500) body.type = kOurs;
  if (error.code == Code::kInternal) {
    body.message = "Something went wrong here; the log has it by the request id.";
    body.param.clear();
  }
  return body;
}

http::Response ProfileErrorFace::of_error(const base::Error& error,
                                          std::string_view request_id) const {
  return response_of(error_body(error), request_id);
}

http::Response ProfileErrorFace::of_refusal(int status, std::string_view reason,
                                            std::string_view detail,
                                            std::string_view request_id) const {
  ErrorBody body;
  body.status = status;
  body.type = status >= 500 ? kOurs : kInvalidRequest;
  body.message = detail;
  if (reason == "not_found")
    body.message = "Unrecognized request URL: it is not in this profile of the API.";
  return response_of(body, request_id);
}

http::Response ProfileErrorFace::of_quota(std::span<const std::string_view> violated,
                                          std::optional<std::chrono::seconds> retry_after,
                                          std::string_view request_id) const {
  std::string names;
  for (const std::string_view name : violated) {
    names.append(names.empty() ? "" : ", ").append(name);
  }
  ErrorBody body;
  body.status = 429;
  body.code = "rate_limit";
  body.message = "Too many requests: the quota " + names + " is used up for the moment.";
  http::Response response = http::json_text(429, to_json(body));
  add_common_headers(response, request_id);
  if (retry_after) {
    const auto seconds = std::max<std::int64_t>(retry_after->count(), 1);
    response.header("Retry-After", std::to_string(seconds));
  } else {
    response.header("Stripe-Should-Retry", "false");
  }
  return response;
}

}  // namespace ashlar::payments::profile
