// ProfileErrorFace: every error of the profile's listener, in the form that card-API clients read:
//
//   {"error":{"type":"invalid_request_error","code":"resource_missing","message":"…",
//             "param":"intent"}}
//
// Why every one: a client of this kind takes an answer without a top-level `error` for a success,
// whatever its status. So nothing else may be sent by this listener that is not one: not by the
// protocol layer, not by an overload.
//
// The client chooses its class of error by status first: 400 and 404 invalid request, 401, 402
// card, 403, 409 and 5xx come again by themselves, 429. Hence 400, not 422, for a key with another
// body (type idempotency_error), and 409 while the first is under way.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/http/error_face.h"

namespace ashlar::payments::profile {

// What answers are made for; whatever version is asked for, this one answers.
inline constexpr std::string_view kApiVersion = "2026-10-28.endive";

struct ErrorBody {
  int status = 400;
  std::string_view type = "invalid_request_error";
  std::string code, message, param, decline_code;
  std::string charge;          // id
  std::string payment_intent;  // JSON, whole
  std::string payment_method;  // JSON, whole
};
std::string to_json(const ErrorBody& error);

// What an error of ours is to a client.
ErrorBody error_body(const base::Error& error);
// "/metadata/a" to "metadata[a]".
std::string param_of(std::string_view pointer);

class ProfileErrorFace final : public http::ErrorFace {
 public:
  [[nodiscard]] http::Response of_error(const base::Error& error,
                                        std::string_view request_id) const override;
  [[nodiscard]] http::Response of_refusal(int status, std::string_view reason,
                                          std::string_view detail,
                                          std::string_view request_id) const override;
  [[nodiscard]] http::Response of_quota(std::span<const std::string_view> violated,
                                        std::optional<std::chrono::seconds> retry_after,
                                        std::string_view request_id) const override;
};

// Request-Id and the version, which every answer has.
void add_common_headers(http::Response& response, std::string_view request_id);

}  // namespace ashlar::payments::profile
