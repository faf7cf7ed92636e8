#include "modules/payments/providers/sandbox_page.h"

#include <cctype>

#include "base/currency.h"

namespace ashlar::payments {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;display:grid;place-items:center;"
    "min-height:100vh;background:#f4f5f7;color:#1b1f24}"
    "main{background:#fff;border:1px solid #d5d9de;border-radius:12px;padding:2rem;"
    "max-width:26rem;margin:1rem}"
    "h1{font-size:1.25rem;margin:0 0 .5rem}.amount{font-size:2rem;margin:.5rem 0}"
    "form{display:flex;gap:.75rem;margin-top:1.5rem}"
    "button{font:inherit;padding:.6rem 1.2rem;border-radius:8px;border:1px solid #1b1f24;"
    "background:#fff;color:inherit;cursor:pointer}"
    "button.yes{background:#1f5fbf;border-color:#1f5fbf;color:#fff}"
    "button:focus-visible{outline:3px solid #f0a92e;outline-offset:2px}"
    "@media (prefers-color-scheme:dark){body{background:#14171b;color:#e8eaed}"
    "main{background:#1e2227;border-color:#3a4048}button{border-color:#e8eaed;"
    "background:transparent}}";

http::Response page(int status, const std::string& main) {
  http::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>Confirm your payment (test)</title><style>" +
      std::string(kStyle) + "</style></head><body><main>" + main + "</main></body></html>\n";
  response.header("Cache-Control", "no-store");
  response.header("X-Content-Type-Options", "nosniff");
  response.header("Referrer-Policy", "no-referrer");
  response.header("Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                  "base-uri 'none'; frame-ancestors 'self'");
  return response;
}

// What a currency or a network's name may hold; nothing in it can be markup.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-') out += c;
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out = plain(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::string shown_amount(std::int64_t amount, std::string_view currency) {
  return upper(currency) + " " + base::format_amount(amount, currency);
}

http::Response action_page(const Sandbox::Action& action) {
  return page(200, "<h1>Confirm your payment</h1><p class=\"amount\">" +
                       shown_amount(action.amount, action.currency) + "</p><p>Card " +
                       plain(action.network) + " ending in " + plain(action.last4) +
                       ". This is a test: no money moves.</p><form method=\"post\">"
                       "<button class=\"yes\" name=\"decision\" value=\"approve\">Approve</button>"
                       "<button name=\"decision\" value=\"fail\">Fail</button></form>");
}

http::Response action_end_page(int status, std::string_view text) {
  return page(status, "<h1>" + std::string(text) + "</h1><p>You can close this page.</p>");
}

}  // namespace ashlar::payments
