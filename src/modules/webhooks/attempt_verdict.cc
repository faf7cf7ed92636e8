#include "modules/webhooks/attempt_verdict.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "platform/outbound/retry_after.h"

namespace ashlar::webhooks {
namespace {

bool is_overloaded(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

std::string describe(int status, bool test) {
  std::string text = "The answer was " + std::to_string(status);
  if (status >= 300 && status < 400) return text + ": a redirect is not followed.";
  if (status == 410) {
    return text + (test ? ": gone; of a delivery that is no test it disables the webhook."
                        : ": the endpoint is gone and was disabled.");
  }
  return text + ".";
}

std::string describe(const base::Error& error) {
  const std::string_view reason = error.reason;
  if (reason == "dependency_timeout") return "No answer in time.";
  if (reason == "address_forbidden") {
    return "The host's address is private or special; such are not called.";
  }
  if (reason == "answer_too_large") return "The answer was too large.";
  if (reason == "keys_damaged") return "The endpoint's keys cannot be read; rotate its secret.";
  return ("No connection, or it broke: " + error.detail + ".").substr(0, kMaxErrorBytes);
}

// Nothing that a database or a terminal stumbles over: what is not UTF-8, or NUL, becomes '?'.
std::string beginning_of(std::string_view body) {
  std::string text(body.substr(0, kMaxAnswerBytes));
  // A character may have been cut in two.
  const int cut = body.size() > kMaxAnswerBytes ? 3 : 0;
  for (int i = 0; i < cut && !base::is_utf8(text); ++i) text.pop_back();
  if (!base::is_utf8(text)) {
    text.assign(body.substr(0, kMaxAnswerBytes));
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  std::ranges::replace(text, '\0', '?');
  return text;
}

base::Micros stretched(base::Micros pause, base::Random& random) {
  return pause + base::Micros{static_cast<std::int64_t>(random.unit() * kJitter *
                                                        static_cast<double>(pause.count()))};
}

// nullopt: there is no other attempt.
std::optional<base::Time> next_attempt(const AttemptFacts& facts, base::Seconds at_least,
                                       base::Random& random) {
  if (facts.last || facts.number >= kMaxAttempts) return std::nullopt;
  const auto pause = kRetryPauses[static_cast<std::size_t>(std::max(facts.number, 1)) - 1];
  return facts.now + stretched(std::max(pause, at_least), random);
}

}  // namespace

bool was_not_sent(const base::Result<outbound::Answer>& result) {
  if (result.ok()) return false;
  const std::string_view reason = result.error().reason;
  return reason == "client_stopping" || reason == "too_many_calls" || reason == "bulkhead_full" ||
         reason == "circuit_open";
}

AttemptVerdict judge(const base::Result<outbound::Answer>& result, const AttemptFacts& facts,
                     base::Random& random) {
  AttemptVerdict verdict;
  base::Seconds at_least{0};
  if (result.ok()) {
    verdict.status = result->status;
    if (facts.keep_answer && !result->body.empty()) verdict.answer = beginning_of(result->body);
    if (result->status >= 200 && result->status < 300) {
      verdict.state = DeliveryState::kDelivered;
      return verdict;
    }
    verdict.error = describe(result->status, facts.last);
    verdict.gone = result->status == 410;
    const auto asked = outbound::retry_after_of(*result, facts.now);
    if (is_overloaded(result->status)) {
      at_least = asked.value_or(kThrottle);
      verdict.throttle_until = facts.now + at_least;
    }
  } else {
    verdict.error = describe(result.error());
  }
  if (!verdict.gone) verdict.next_at = next_attempt(facts, at_least, random);
  if (!verdict.next_at) verdict.state = DeliveryState::kFailed;
  return verdict;
}

}  // namespace ashlar::webhooks
