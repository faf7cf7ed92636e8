// WebCall: what the providers over plain HTTP (Twilio, Slack, any URL) have in common: one call,
// and what it means where there is no answer to read.
//
//   no answer, not begun ──> retry        begun ──> ambiguous        address forbidden ──> our bug
//   429 ──> throttled, Retry-After, else kDefaultPause     502, 503, 504, 500 ──> as the caller
//   says
//
// Pure but for send_call(); any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/provider.h"
#include "platform/outbound/policy.h"

namespace ashlar::notifications {

inline constexpr base::Millis kDefaultPause{60'000};

// Of a call that brought no answer.
SendResult unanswered(const base::Error& error, bool begun);
// An answer with its status and the beginning of its body; kAmbiguous until the caller judges it.
SendResult answered(const outbound::Answer& answer);

// `judge` sees an answer; what brought none is judged here.
void send_call(const HttpDoor& door, outbound::Request request, base::Mono deadline,
               std::function<SendResult(const outbound::Answer&)> judge, Provider::Done done);

// application/x-www-form-urlencoded.
void append_form(std::string& body, std::string_view name, std::string_view value);
// In the order sent. nullopt: more than `limit`, or not so encoded.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view body,
                                                                           std::size_t limit);

}  // namespace ashlar::notifications
