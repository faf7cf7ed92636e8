#include "modules/links/dub/dub_error.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/sentence.h"
#include "platform/http/problem.h"

namespace ashlar::links::dub {
namespace {

struct Code {
  int status;
  std::string_view name;
};
constexpr std::array kCodes{
    Code{400, "bad_request"},
    Code{401, "unauthorized"},
    Code{403, "forbidden"},
    Code{404, "not_found"},
    Code{409, "conflict"},
    Code{410, "invite_expired"},
    Code{422, "unprocessable_entity"},
    Code{429, "rate_limit_exceeded"},
    Code{500, "internal_server_error"},
};

// What has no code of its own is one of its kind.
std::string_view code_of(int status) {
  const auto* const known = std::ranges::find(kCodes, status, &Code::status);
  if (known != kCodes.end()) return known->name;
  return status >= 500 ? "internal_server_error" : "bad_request";
}

std::string doc_url(std::string_view code) {
  std::string anchor(code);
  std::ranges::replace(anchor, '_', '-');
  return "https://dub.co/docs/api-reference/errors#" + anchor;
}

http::Response render(int status, std::string_view reason, std::string_view message,
                      std::string_view request_id) {
  const std::string_view code = code_of(status);
  std::string body;
  json::Writer out(body);
  out.begin_object().key("error").begin_object().key("code").string(code);
  out.key("message").string(message).key("doc_url").string(doc_url(code)).end_object();
  out.key("reason").string(reason).key("request_id").string(request_id).end_object();
  http::Response response = http::json_text(status, std::move(body));
  if (status == 401) response.header("WWW-Authenticate", "Bearer realm=\"ashlar\"");
  if (status == 503) response.header("Retry-After", "1");
  return response;
}

}  // namespace

std::string message_of(const base::Error& error) {
  if (error.code == base::Code::kInternal) {
    return "Something went wrong here; the log has it by the request id.";
  }
  if (error.fields.empty()) return base::sentence(error.detail);
  std::string text;
  for (const base::FieldError& field : error.fields) {
    if (!text.empty()) text += ' ';
    text += field.field.substr(1) + ": " + base::sentence(field.detail);
  }
  return text;
}

std::string_view code_of(const base::Error& error) {
  return code_of(error.code == base::Code::kInternal ? 500 : http::status_of(error));
}

http::Response DubErrorFace::of_error(const base::Error& error, std::string_view request_id) const {
  const bool internal = error.code == base::Code::kInternal;
  return render(internal ? 500 : http::status_of(error), internal ? "internal" : error.reason,
                message_of(error), request_id);
}

http::Response DubErrorFace::of_refusal(int status, std::string_view reason,
                                        std::string_view detail,
                                        std::string_view request_id) const {
  return render(status, reason, base::sentence(detail), request_id);
}

http::Response DubErrorFace::of_quota(std::span<const std::string_view> violated,
                                      std::optional<std::chrono::seconds> retry_after,
                                      std::string_view request_id) const {
  std::string names;
  for (const std::string_view name : violated) names.append(names.empty() ? "" : ", ").append(name);
  http::Response response = render(
      429, "quota_exceeded", "Too many requests: the quota " + names + " is used up.", request_id);
  if (retry_after) {
    response.header("Retry-After", std::to_string(std::max<std::int64_t>(retry_after->count(), 1)));
  }
  return response;
}

const http::ErrorFace& dub_face() {
  static const DubErrorFace face;
  return face;
}

}  // namespace ashlar::links::dub
