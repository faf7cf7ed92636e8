// CardApiCalls: calls of providers in the words of the card API that the connector speaks: forms
// over HTTP, and what its answers mean for money. Pure.
//
// What an answer of a mutating call means
//   2xx with the object                      its status: applied, pending, needs_action, declined
//   402, and 4xx with an `error`             declined: it has said that nothing moved
//   401, 403, 429                            not_done: refused before anything was begun
//   409, `idempotency_error`                 unknown: the key is at work, or stands for another
//   call 5xx, 3xx, 4xx without an `error` (a gateway's), what cannot be read       unknown
// `stripe-should-retry: true` on a 4xx other than 409 says that nothing was begun: not_done.
//
// What we leave with it, to find our things again without doing anything twice: metadata
// ashlar_key (the call that made it), ashlar_tenant, ashlar_capture and ashlar_evidence (the last
// such call on it).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/payments/providers/provider.h"
#include "platform/outbound/policy.h"

namespace ashlar::json {
class Value;
}

namespace ashlar::payments {

struct CardApiTerms {
  std::string return_url;        // where customers come back to; empty: the API's own
  bool several_captures = true;  // asks that an authorisation may be captured in parts
  bool marks_captures = true;    // captures carry metadata
};
// All of that for the service itself; others that speak its API may know less of it, and refuse
// what they do not know.
CardApiTerms card_api_terms(std::string_view base_url);

struct CardApiRequest {
  std::string method;
  std::string path;  // "/v1/payment_intents?limit=100"
  std::string body;  // a form
};

// Percent-encoded by RFC 3986: letters, digits and "-._~" stay.
std::string form_encoded(std::string_view text);

CardApiRequest card_api_request(const ProviderCall& call, const CardApiTerms& terms);
ProviderAnswer card_api_answer(const ProviderCall& call, const outbound::Answer& answer);

// How a key is asked about: by reading alone.
//  authorize, refund, payout   lists of what was made about then, page after page; the key is in
//                              the metadata
//  the rest                    the object that the call is about
// nullopt: it cannot be (no reference is known).
std::optional<CardApiRequest> card_api_question(const ProviderCall& call,
                                                std::string_view page_after);
struct CardApiFinding {
  std::optional<ProviderAnswer> answer;  // none: it cannot be said from this
  std::string next_page;                 // ask on after this; empty: reading says no more
};
CardApiFinding card_api_finding(const ProviderCall& call, const outbound::Answer& answer);

// Of a JSON object; empty or 0 where it is not there, or is of another type.
std::string_view text_of(const json::Value& object, std::string_view name);
std::int64_t number_of(const json::Value& object, std::string_view name);
// A reference, whether it stands there as an id or expanded.
std::string_view id_of(const json::Value& object, std::string_view name);

}  // namespace ashlar::payments
