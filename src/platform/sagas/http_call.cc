#include "platform/sagas/http_call.h"

#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "platform/json/parse.h"
#include "platform/outbound/outbound_client.h"

namespace ashlar::sagas {
namespace {

constexpr std::int64_t kLongestRetryAfterS = 24 * 3600;

// Seconds; the date form is as good as none: the step's own plan counts then.
std::optional<base::Time> retry_after(const outbound::Answer& answer, base::Time now) {
  for (const auto& [name, value] : answer.headers) {
    if (name != "retry-after") continue;
    std::int64_t seconds = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size() || seconds < 0) break;
    return now + base::Seconds(std::min(seconds, kLongestRetryAfterS));
  }
  return std::nullopt;
}

bool is_passing(int status) {
  return status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

Answer read_answer(const outbound::Answer& answer, std::string_view step, base::Time now) {
  const std::string said = "HTTP " + std::to_string(answer.status);
  if (is_passing(answer.status)) return Answer::failed(said, retry_after(answer, now));
  if (answer.status < 200 || answer.status > 299) return Answer::refused(said);
  const base::Result<json::Value> body = json::parse(answer.body);
  if (!body.ok() || body->if_object() == nullptr) return Answer::done();
  json::Value::Object add;
  add.emplace_back(std::string(step), *body);
  return Answer::done(std::move(add));
}

CallStep http_call(outbound::OutboundClient& client, outbound::Dependency& dependency,
                   const base::Clock& clock, MakeRequest make) {
  return [&client, &dependency, &clock, make = std::move(make)](const StepCall& call,
                                                                std::function<void(Answer)> done) {
    outbound::Request request = make(call);
    request.headers.emplace_back("Idempotency-Key", std::string(call.idempotency_key));
    request.idempotent = true;
    request.deadline = call.deadline;
    if (request.traceparent.empty()) request.traceparent = call.traceparent;
    client.submit(dependency, std::move(request),
                  [&clock, step = std::string(call.step),
                   done = std::move(done)](base::Result<outbound::Answer> answer) {
                    if (answer.ok()) return done(read_answer(*answer, step, clock.now()));
                    const base::Error& error = answer.error();
                    done(Answer::failed(std::string(error.reason) + ": " + error.detail));
                  });
  };
}

}  // namespace ashlar::sagas
