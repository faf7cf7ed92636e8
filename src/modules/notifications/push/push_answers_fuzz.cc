// Whatever push services, Google's token server, browsers and operators send is read or refused:
// one verdict, a detail within its bound, no crash.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/notifications/push/apns.h"
#include "modules/notifications/push/apns_message.h"
#include "modules/notifications/push/fcm.h"
#include "modules/notifications/push/fcm_message.h"
#include "modules/notifications/push/google_token.h"
#include "modules/notifications/push/web_push.h"
#include "modules/notifications/push/web_push_message.h"
#include "platform/json/parse.h"

namespace ashlar::notifications {
namespace {

void check_result(const SendResult& result) {
  CHECK(result.detail.size() <= Outgoing::kMaxDetailBytes);
  CHECK(result.code.size() <= Outgoing::kMaxDetailBytes);
  CHECK(result.provider_ref.size() <= Outgoing::kMaxDetailBytes);
  CHECK(!name_of(result.verdict).empty());
}

void read_answer(int status, std::string_view text) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  outbound::Answer answer{.status = status};
  answer.headers.emplace_back("retry-after", text.substr(0, line));
  answer.body = text.substr(std::min(line + 1, text.size()));
  check_result(apns_verdict(answer, base::Time{}));
  check_result(fcm_verdict(answer, base::Time{}));
  check_result(web_push_verdict(answer, base::Time{}));
  PushAnswer token;
  token.answer = answer;
  const TokenAnswer read = read_token_answer(token, base::Time{});
  CHECK(read.bearer.find_first_of("\r\n") == std::string::npos);
  check_result(read.why);
}

void read_settings(std::string_view text) {
  static_cast<void>(browser_keys(text));
  const auto given = json::parse(text);
  if (!given.ok()) return;
  for (const ProviderKind& kind : {apns_kind(), fcm_kind(), webpush_kind()}) {
    const auto checked = kind.check(*given);
    if (checked.ok()) CHECK(kind.check(*json::parse(*checked)).ok());
  }
}

void build(std::string_view text) {
  Outgoing message;
  message.id = "dlv_1";
  message.target.address = "ab";
  message.content.subject = text.substr(0, text.size() / 2);
  message.content.data = text;
  message.collapse_key = text;
  const auto apns = apns_message(message, "t", base::from_micros(0));
  if (apns.ok()) CHECK(json::parse(apns->payload).ok() && apns->payload.size() <= 4096);
  const auto fcm = fcm_message(message, base::from_micros(0));
  if (fcm.ok()) CHECK(json::parse(*fcm).ok());
}

}  // namespace
}  // namespace ashlar::notifications

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  constexpr int kStatuses[] = {200, 201, 400, 401, 403, 404, 410, 413, 429, 500, 502, 503};
  switch (data[0] % 3) {
    case 0:
      ashlar::notifications::read_answer(kStatuses[data[1] % std::size(kStatuses)], text);
      break;
    case 1:
      ashlar::notifications::read_settings(text);
      break;
    default:
      ashlar::notifications::build(text);
  }
  return 0;
}
