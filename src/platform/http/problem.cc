#include "platform/http/problem.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/sentence.h"
#include "platform/json/writer.h"

namespace ashlar::http {
namespace {

using base::Code;

constexpr std::string_view kProblemType = "application/problem+json";

struct Status {
  int number;
  std::string_view text;
};

constexpr std::array kStatuses = {
    Status{100, "Continue"},
    Status{101, "Switching Protocols"},
    Status{200, "OK"},
    Status{201, "Created"},
    Status{202, "Accepted"},
    Status{204, "No Content"},
    Status{206, "Partial Content"},
    Status{301, "Moved Permanently"},
    Status{302, "Found"},
    Status{303, "See Other"},
    Status{304, "Not Modified"},
    Status{307, "Temporary Redirect"},
    Status{308, "Permanent Redirect"},
    Status{400, "Bad Request"},
    Status{401, "Unauthorized"},
    Status{402, "Payment Required"},
    Status{403, "Forbidden"},
    Status{404, "Not Found"},
    Status{405, "Method Not Allowed"},
    Status{406, "Not Acceptable"},
    Status{408, "Request Timeout"},
    Status{409, "Conflict"},
    Status{410, "Gone"},
    Status{411, "Length Required"},
    Status{412, "Precondition Failed"},
    Status{413, "Content Too Large"},
    Status{414, "URI Too Long"},
    Status{415, "Unsupported Media Type"},
    Status{417, "Expectation Failed"},
    Status{422, "Unprocessable Content"},
    Status{426, "Upgrade Required"},
    Status{429, "Too Many Requests"},
    Status{431, "Request Header Fields Too Large"},
    Status{500, "Internal Server Error"},
    Status{501, "Not Implemented"},
    Status{503, "Service Unavailable"},
    Status{504, "Gateway Timeout"},
    Status{505, "HTTP Version Not Supported"},
};

int invalid_status(const base::Error& error) {
  if (std::string_view(error.reason) == "unsupported_media_type") return 415;
  const bool body_field = !error.fields.empty() && !error.fields.front().field.starts_with('?');
  const bool reused_key = std::string_view(error.reason) == "idempotency_key_reused";
  return body_field || reused_key ? 422 : 400;
}

// What every problem has.
void write_members(json::Writer& out, std::string_view type, int status, std::string_view reason,
                   std::string_view detail, std::string_view request_id) {
  out.key("type").string(type);
  out.key("title").string(status_text(status));
  out.key("status").integer(status);
  out.key("detail").string(base::sentence(detail));
  out.key("reason").string(reason);
  out.key("request_id").string(request_id);
}

Response render(int status, std::string_view reason, std::string_view detail,
                std::string_view request_id, const std::vector<base::FieldError>& fields) {
  Response response{status, std::string(kProblemType), {}, {}};
  json::Writer out(response.body);
  out.begin_object();
  write_members(out, "https://ashlar.dev/problems/" + std::string(reason), status, reason, detail,
                request_id);
  if (!fields.empty()) {
    out.key("errors");
    out.begin_array();
    for (const base::FieldError& field : fields) {
      out.begin_object();
      out.key("field");
      out.string(field.field);
      out.key("reason");
      out.string(field.reason);
      out.key("detail");
      out.string(base::sentence(field.detail));
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  if (status == 401) response.header("WWW-Authenticate", "Bearer realm=\"ashlar\"");
  if (status == 429 || status == 503) response.header("Retry-After", "1");
  return response;
}

}  // namespace

int status_of(const base::Error& error) {
  switch (error.code) {
    case Code::kInvalid:
      return invalid_status(error);
    case Code::kUnauthenticated:
      return 401;
    case Code::kForbidden:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kGone:
      return 410;
    case Code::kConflict:
      return 409;
    case Code::kPreconditionFailed:
      return 412;
    case Code::kTooMany:
      return 429;
    case Code::kUnavailable:
      return 503;
    case Code::kDeadline:
      return 504;
    case Code::kInternal:
      return 500;
  }
  std::unreachable();
}

Response problem(const base::Error& error, std::string_view request_id) {
  if (error.code == Code::kInternal) {
    return render(500, "internal", "Something went wrong here; the log has it by the request id.",
                  request_id, {});
  }
  return render(status_of(error), error.reason, error.detail, request_id, error.fields);
}

Response problem(int status, std::string_view reason, std::string_view detail,
                 std::string_view request_id) {
  return render(status, reason, detail, request_id, {});
}

Response quota_problem(std::span<const std::string_view> violated,
                       std::optional<std::chrono::seconds> retry_after,
                       std::string_view request_id) {
  std::string names;
  for (const std::string_view name : violated) {
    names.append(names.empty() ? "\"" : ", \"").append(name).append("\"");
  }
  const std::string detail = retry_after
                                 ? "The quota " + names + " is used up for the moment."
                                 : "This request costs more than the quota " + names + " ever has.";
  Response response{429, std::string(kProblemType), {}, {}};
  json::Writer out(response.body);
  out.begin_object();
  write_members(out, "https://iana.org/assignments/http-problem-types#quota-exceeded", 429,
                "quota_exceeded", detail, request_id);
  out.key("violated-policies").begin_array();
  for (const std::string_view name : violated) out.string(name);
  out.end_array().end_object();
  if (retry_after) {
    const auto seconds = std::max<std::int64_t>(retry_after->count(), 1);
    response.header("Retry-After", std::to_string(seconds));
  }
  return response;
}

std::string_view status_text(int status) {
  for (const Status& known : kStatuses) {
    if (known.number == status) return known.text;
  }
  return "Unknown";
}

}  // namespace ashlar::http
