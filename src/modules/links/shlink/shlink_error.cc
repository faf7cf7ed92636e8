#include "modules/links/shlink/shlink_error.h"

#include <algorithm>
#include <array>

#include "base/sentence.h"
#include "platform/http/problem.h"
#include "platform/json/writer.h"

namespace ashlar::links::shlink {
namespace {

struct Known {
  std::string_view reason;
  int status;
  std::string_view type;
  std::string_view title;
};
constexpr std::array kKnown{
    Known{"link_not_found", 404, "short-url-not-found", "Short URL not found"},
    Known{"code_taken", 400, "non-unique-slug", "Invalid custom slug"},
    Known{"tag_not_found", 404, "tag-not-found", "Tag not found"},
    Known{"tag_conflict", 409, "tag-conflict", "Tag conflict"},
    Known{"domain_not_found", 404, "domain-not-found", "Domain not found"},
    Known{"missing_credentials", 401, "missing-authentication", "Invalid authorization"},
    Known{"bad_authorization", 401, "invalid-api-key", "Invalid API key"},
    Known{"invalid_api_key", 401, "invalid-api-key", "Invalid API key"},
    Known{"expired_api_key", 401, "invalid-api-key", "Invalid API key"},
    Known{"mercure_not_configured", 501, "mercure-not-configured",
          "Mercure integration not configured"},
    Known{"not_found", 404, "not-found", "Not found"},
};

struct Name {
  std::string_view ours, theirs;
};
constexpr std::array kNames{
    Name{"url", "longUrl"},
    Name{"name", "newName"},
    Name{"code", "customSlug"},
    Name{"expires_at", "validUntil"},
    Name{"valid_from", "validSince"},
    Name{"max_clicks", "maxVisits"},
    Name{"rules", "redirectRules"},
    Name{"root_url", "baseUrlRedirect"},
    Name{"not_found_url", "invalidShortUrlRedirect"},
    Name{"forward_query", "forwardQuery"},
    Name{"host", "domain"},
};

struct Body {
  int status = 400;
  std::string type, title, detail;
  std::string_view reason;
};

Body body_of(int status, std::string_view reason, std::string_view detail) {
  const auto* const known = std::ranges::find(kKnown, reason, &Known::reason);
  if (known != kKnown.end()) {
    return {known->status, "https://shlink.io/api/error/" + std::string(known->type),
            std::string(known->title), std::string(detail), reason};
  }
  if (status == 400) {
    return {400, "https://shlink.io/api/error/invalid-data", "Invalid data", std::string(detail),
            reason};
  }
  return {status, "https://ashlar.dev/problems/" + std::string(reason),
          std::string(http::status_text(status)), std::string(detail), reason};
}

http::Response render(const Body& body, std::string_view request_id, const Extras& extras,
                      const std::vector<std::string>& elements) {
  http::Response response{body.status, "application/problem+json", {}, {}};
  json::Writer out(response.body);
  out.begin_object().key("type").string(body.type).key("title").string(body.title);
  out.key("detail").string(base::sentence(body.detail)).key("status").integer(body.status);
  out.key("reason").string(body.reason).key("request_id").string(request_id);
  for (const auto& [name, value] : extras) out.key(name).string(value);
  if (!elements.empty()) {
    out.key("invalidElements").begin_array();
    for (const std::string& element : elements) out.string(element);
    out.end_array();
  }
  if (body.reason == "missing_credentials") {
    out.key("expectedHeaders").begin_array().string("X-Api-Key").end_array();
  }
  out.end_object();
  if (body.status == 429 || body.status == 503) response.header("Retry-After", "1");
  return response;
}

std::vector<std::string> elements_of(const base::Error& error) {
  std::vector<std::string> elements;
  if (error.code != base::Code::kInvalid) return elements;
  for (const base::FieldError& field : error.fields) {
    std::string element = element_of(field.field);
    if (std::ranges::find(elements, element) == elements.end()) {
      elements.push_back(std::move(element));
    }
  }
  return elements;
}

}  // namespace

std::string element_of(std::string_view field) {
  if (field.starts_with('/') || field.starts_with('?')) field.remove_prefix(1);
  field = field.substr(0, field.find('/'));
  const auto* const known = std::ranges::find(kNames, field, &Name::ours);
  return std::string(known == kNames.end() ? field : known->theirs);
}

http::Response error_response(const base::Error& error, std::string_view request_id,
                              const Extras& extras) {
  if (error.code == base::Code::kInternal) {
    return render(
        body_of(500, "internal", "Something went wrong here; the log has it by the request id."),
        request_id, {}, {});
  }
  const int status = error.code == base::Code::kInvalid ? 400 : http::status_of(error);
  Body body = body_of(status, error.reason, error.detail);
  if (error.code == base::Code::kInvalid) {
    body.detail = "Provided data is not valid";
    if (!error.detail.empty()) body.detail += ": " + error.detail;
    if (!error.fields.empty() && error.fields.front().detail != error.detail) {
      body.detail += " " + error.fields.front().detail;
    }
  }
  return render(body, request_id, extras, elements_of(error));
}

http::Response ShlinkErrorFace::of_error(const base::Error& error,
                                         std::string_view request_id) const {
  return error_response(error, request_id);
}

http::Response ShlinkErrorFace::of_refusal(int status, std::string_view reason,
                                           std::string_view detail,
                                           std::string_view request_id) const {
  return render(body_of(status, reason, detail), request_id, {}, {});
}

http::Response ShlinkErrorFace::of_quota(std::span<const std::string_view> violated,
                                         std::optional<std::chrono::seconds> retry_after,
                                         std::string_view request_id) const {
  return http::problem_face().of_quota(violated, retry_after, request_id);
}

const http::ErrorFace& shlink_face() {
  static const ShlinkErrorFace face;
  return face;
}

}  // namespace ashlar::links::shlink
