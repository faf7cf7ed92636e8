#include "modules/notifications/push/push_http.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "base/result.h"
#include "platform/outbound/outbound_client.h"
#include "platform/outbound/retry_after.h"

namespace ashlar::notifications {
namespace {

void ask_http1(const HttpDoor& door, outbound::Http2Request given,
               std::function<void(PushAnswer)> done) {
  outbound::Request request{.method = std::move(given.method), .url = std::move(given.url)};
  for (outbound::Http2Field& field : given.fields) {
    request.headers.emplace_back(std::move(field.name), std::move(field.value));
  }
  request.body = std::move(given.body);
  request.deadline = given.deadline;
  auto begun = std::make_shared<std::atomic<bool>>(false);
  request.begun = begun;
  door.client.submit(door.dependency, std::move(request),
                     [begun, done = std::move(done)](base::Result<outbound::Answer> result) {
                       PushAnswer answer;
                       if (result.ok()) {
                         answer.answer = std::move(*result);
                       } else {
                         answer.begun = begun->load();
                         answer.forbidden = result.error().code == base::Code::kForbidden;
                         answer.detail = result.error().detail;
                       }
                       done(std::move(answer));
                     });
}

}  // namespace

PushDoor PushDoor::of(const ProviderServices& services, bool own) {
  if (own) return {services.own_http2, services.own_http};
  return {services.http2, services.http};
}

void ask(const PushDoor& door, outbound::Http2Request request,
         std::function<void(PushAnswer)> done) {
  door.http2.submit(std::move(request), [http1 = door.http1, done = std::move(done)](
                                            outbound::Http2Result result) mutable {
    if (result.end == outbound::Http2End::kHttp1Only) {
      return ask_http1(http1, std::move(*result.request), std::move(done));
    }
    PushAnswer answer;
    if (result.end == outbound::Http2End::kAnswered) {
      answer.answer = std::move(result.answer);
    } else {
      answer.begun = result.begun;
      answer.forbidden = result.end == outbound::Http2End::kForbidden;
      answer.detail = std::move(result.detail);
    }
    done(std::move(answer));
  });
}

SendResult without_answer(const PushAnswer& answer) {
  SendResult result;
  result.verdict = answer.begun ? Verdict::kAmbiguous : Verdict::kRetry;
  result.detail = detail_of(answer.detail);
  return result;
}

SendResult by_status(const outbound::Answer& answer, base::Time now) {
  SendResult result;
  result.status = answer.status;
  result.detail = detail_of(answer.body);
  if (answer.status >= 200 && answer.status < 300) {
    result.verdict = Verdict::kAccepted;
    result.detail.clear();
  } else if (answer.status == 429) {
    result.verdict = Verdict::kThrottled;
  } else if (answer.status == 503) {
    result.verdict = Verdict::kRetry;
  } else {
    result.verdict = answer.status >= 500 ? Verdict::kAmbiguous : Verdict::kOurBug;
  }
  const bool waits = answer.status == 429 || answer.status == 503;
  const auto asked = waits ? outbound::retry_after_of(answer, now) : std::nullopt;
  if (asked && *asked > base::Seconds{0}) result.retry_after = *asked;
  return result;
}

std::string detail_of(std::string_view body) {
  if (body.size() > Outgoing::kMaxDetailBytes) {
    std::size_t end = Outgoing::kMaxDetailBytes;
    while (end > 0 && (static_cast<unsigned char>(body[end]) & 0xc0U) == 0x80U) --end;
    body = body.substr(0, end);
  }
  std::string detail(body);
  std::ranges::replace(detail, '\0', ' ');
  return detail;
}

}  // namespace ashlar::notifications
