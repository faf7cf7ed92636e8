#include "modules/links/kutt/kutt_error.h"

#include <algorithm>
#include <string>

#include "base/sentence.h"
#include "platform/http/problem.h"
#include "platform/json/writer.h"

namespace ashlar::links::kutt {
namespace {

http::Response render(int status, std::string_view reason, std::string_view detail,
                      std::string_view request_id) {
  std::string body;
  json::Writer out(body);
  out.begin_object().key("error").string(detail);
  out.key("reason").string(reason).key("request_id").string(request_id).end_object();
  http::Response response = http::json_text(status, std::move(body));
  if (status == 429 || status == 503) response.header("Retry-After", "1");
  return response;
}

// All of what is wrong, each under its field.
std::string sentences(const base::Error& error) {
  if (error.fields.empty()) return base::sentence(error.detail);
  std::string text;
  for (const base::FieldError& field : error.fields) {
    if (!text.empty()) text += ' ';
    text += field.field.substr(1) + ": " + base::sentence(field.detail);
  }
  return text;
}

}  // namespace

http::Response KuttErrorFace::of_error(const base::Error& error,
                                       std::string_view request_id) const {
  if (error.code == base::Code::kInternal) {
    return render(500, "internal", "Something went wrong here; the log has it by the request id.",
                  request_id);
  }
  const int status = error.code == base::Code::kInvalid ? 400 : http::status_of(error);
  return render(status, error.reason, sentences(error), request_id);
}

http::Response KuttErrorFace::of_refusal(int status, std::string_view reason,
                                         std::string_view detail,
                                         std::string_view request_id) const {
  return render(status, reason, base::sentence(detail), request_id);
}

http::Response KuttErrorFace::of_quota(std::span<const std::string_view> violated,
                                       std::optional<std::chrono::seconds> retry_after,
                                       std::string_view request_id) const {
  std::string names;
  for (const std::string_view name : violated) names.append(names.empty() ? "" : ", ").append(name);
  http::Response response = render(
      429, "quota_exceeded", "Too many requests: the quota " + names + " is used up.", request_id);
  response.headers.clear();
  if (retry_after) {
    response.header("Retry-After", std::to_string(std::max<std::int64_t>(retry_after->count(), 1)));
  }
  return response;
}

const http::ErrorFace& kutt_face() {
  static const KuttErrorFace face;
  return face;
}

}  // namespace ashlar::links::kutt
