#include "modules/links/redirect_pages.h"

#include <string>

#include "base/html.h"
#include "modules/links/domain.h"
#include "platform/http/http_parser.h"
#include "platform/http/problem.h"

namespace ashlar::links {
namespace {

using PageText = VisitorPage;

constexpr PageText text_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::kUnknown:
      return {404, "link_not_found", "No such link", "There is no link with this code."};
    case Refusal::kExpired:
      return {410, "link_expired", "This link has expired", "The link was valid until its expiry."};
    case Refusal::kUsedUp:
      return {410, "link_used_up", "This link is used up",
              "As many visitors as it is for have followed it."};
    case Refusal::kDisabled:
      return {410, "link_disabled", "This link is switched off",
              "Its owner has disabled the link."};
    case Refusal::kFlagged:
      return {403, "link_flagged", "This link may be unsafe",
              "It was found to lead where visitors are deceived or harmed, so it is not followed."};
  }
  __builtin_unreachable();
}

constexpr PageText text_of(PasswordAsked why) {
  switch (why) {
    case PasswordAsked::kFirst:
      return {403, "password_required", "This link asks for a password",
              "Whoever gave you the link can tell it."};
    case PasswordAsked::kWrong:
      return {403, "wrong_password", "That is not the password", "Try it once more."};
    case PasswordAsked::kTooOften:
      return {429, "too_many_attempts", "Too many attempts",
              "Wait a little before the next attempt."};
    case PasswordAsked::kBusy:
      return {503, "password_checks_busy", "One moment, please",
              "Others are being let in just now. Try again."};
  }
  __builtin_unreachable();
}

std::string page(const PageText& text, std::string_view more) {
  std::string out =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><title>";
  out += text.title;
  out +=
      "</title><body style=\"font:16px/1.5 system-ui,sans-serif;max-width:32rem;"
      "margin:20vh auto;padding:0 1rem\"><h1 style=\"font-size:1.4rem\">";
  out += text.title;
  out += "</h1><p>";
  out += text.detail;
  out += "</p>";
  out += more;
  out += "</body></html>\n";
  return out;
}

http::Response answer(const PageText& text, std::string_view more, const http::RequestHead& head,
                      std::string_view request_id) {
  http::Response response = http::problem(text.status, text.reason, text.detail, request_id);
  if (head.accept.find("text/html") != std::string_view::npos) {
    response.content_type = "text/html; charset=utf-8";
    response.body = page(text, more);
    response.header("X-Robots-Tag", "noindex");
  }
  response.header("Cache-Control", "no-store");
  response.header("Vary", "Accept");
  // A warning is not to be framed by what it warns of; a password stays between the visitor and
  // this page.
  response.header("Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  response.header("Referrer-Policy", "no-referrer");
  response.header("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace

http::Response refuse(Refusal refusal, const http::RequestHead& head, std::string_view request_id) {
  return answer(text_of(refusal), {}, head, request_id);
}

http::Response refuse_on(const Domain* domain, Refusal refusal, const http::RequestHead& head,
                         std::string_view request_id) {
  if (refusal != Refusal::kUnknown || domain == nullptr || domain->not_found_url.empty()) {
    return refuse(refusal, head, request_id);
  }
  return {302, {}, {{"Location", domain->not_found_url}, {"Cache-Control", "no-store"}}, {}};
}

http::Response visitor_page(const VisitorPage& page, std::string_view more,
                            const http::RequestHead& head, std::string_view request_id) {
  return answer(page, more, head, request_id);
}

// The address is given whole, since the page stands at the link's own path and below it. A code
// holds nothing that HTML would read; the visit's query, which rules and forward_query look at,
// may.
http::Response ask_password(PasswordAsked why, std::string_view code, base::Seconds retry_after,
                            const http::RequestHead& head, std::string_view request_id) {
  std::string form = "<form method=\"post\" action=\"/";
  form += code;
  form += "/unlock";
  if (!head.query.empty()) form += "?" + base::html_escaped(head.query);
  form +=
      "\"><label for=\"password\">Password</label><br><input id=\"password\" "
      "name=\"password\" type=\"password\" required autofocus autocomplete=\"off\" "
      "style=\"font:inherit;padding:.4rem;width:16rem\"> <button style=\"font:inherit;"
      "padding:.4rem 1rem\">Open</button></form>";
  http::Response response = answer(text_of(why), form, head, request_id);
  if (retry_after.count() > 0) {
    // Not besides the one that problem() gave.
    std::erase_if(response.headers, [](const auto& each) { return each.first == "Retry-After"; });
    response.header("Retry-After", std::to_string(retry_after.count()));
  }
  return response;
}

}  // namespace ashlar::links
