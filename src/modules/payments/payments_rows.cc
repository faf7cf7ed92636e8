#include "modules/payments/payments_rows.h"

#include <utility>

namespace ashlar::payments::rows {
namespace {

using http::ErrorDoc;
using http::Idempotency;
using http::Method;

// A provider's call may take the greater part of it.
constexpr base::Millis kDeadline{30'000};
constexpr int kMovingCost = 5;

const ErrorDoc kInUse{409, "idempotency_key_in_use",
                      "The first request with this key is at work: ask again in a moment."};
const ErrorDoc kCardNumber{422, "card_number_refused",
                           "A field looks like a card number. Ashlar takes tokens only, and has "
                           "stored and logged nothing."};

}  // namespace

const ErrorDoc kCurrency{422, "currency_invalid", "The currency is none of ISO 4217."};
const ErrorDoc kNothing{422, "nothing_to_change", "The request changes nothing."};
const ErrorDoc kProviderAway{503, "provider_unavailable",
                             "No provider could be reached; nothing was done, and the key is "
                             "unused."};
const ErrorDoc kBusy{503, "ledger_busy", "Too much is waiting to be booked; nothing was done."};

http::Route reading(std::string_view path, std::string_view summary, http::Handler handler,
                    const json::Shape* response) {
  return {.method = Method::kGet,
          .path = path,
          .summary = summary,
          .module = {"payments"},
          .tenancy = http::Tenancy::kTenant,
          .scope = {"payments:read"},
          .cost = 1,
          .idempotency = Idempotency::kNatural,
          .deadline = kDeadline,
          .handler = std::move(handler),
          .response = response};
}

http::Route changing(Method method, std::string_view path, std::string_view summary,
                     http::Handler handler, const json::Shape* request,
                     const json::Shape* response) {
  return {.method = method,
          .path = path,
          .summary = summary,
          .module = {"payments"},
          .tenancy = http::Tenancy::kTenant,
          .scope = {"payments:write"},
          .cost = 2,
          .idempotency = Idempotency::kOptional,
          .deadline = kDeadline,
          .handler = std::move(handler),
          .request = request,
          .response = response,
          .errors = {kInUse, kCardNumber, kBusy}};
}

http::Route moving(std::string_view path, std::string_view summary, http::Handler handler,
                   const json::Shape* request, const json::Shape* response) {
  http::Route route = changing(Method::kPost, path, summary, std::move(handler), request, response);
  route.cost = kMovingCost;
  route.idempotency = Idempotency::kRequired;
  return route;
}

void add_errors(http::Route& route, std::initializer_list<http::ErrorDoc> errors) {
  route.errors.insert(route.errors.end(), errors.begin(), errors.end());
}

void page(http::Route& route) {
  route.paged = true;
  route.query.push_back({"created_from", "Made at this time or later.", "2026-11-01T00:00:00Z"});
  route.query.push_back({"created_until", "Made before this time.", "2026-12-01T00:00:00Z"});
  add_errors(route, {{400, "invalid_cursor", "The cursor was not given out for this list."}});
}

}  // namespace ashlar::payments::rows
