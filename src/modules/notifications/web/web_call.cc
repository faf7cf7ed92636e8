#include "modules/notifications/web/web_call.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/text.h"
#include "platform/outbound/outbound_client.h"

namespace ashlar::notifications {
namespace {

// What the answer says, as far as a line in a log can show it.
std::string beginning_of(std::string_view body) {
  std::string text(body.substr(0, Outgoing::kMaxDetailBytes / 2));
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (!base::is_utf8(text)) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  return text;
}

std::optional<std::string> form_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return base::percent_decode(spaced);
}

}  // namespace

SendResult unanswered(const base::Error& error, bool begun) {
  SendResult result;
  result.code = error.reason;
  result.detail = error.detail.substr(0, Outgoing::kMaxDetailBytes);
  if (result.code == "address_forbidden") {
    result.verdict = Verdict::kOurBug;
  } else {
    result.verdict = begun ? Verdict::kAmbiguous : Verdict::kRetry;
  }
  return result;
}

SendResult answered(const outbound::Answer& answer) {
  SendResult result;
  result.status = answer.status;
  result.detail = beginning_of(answer.body);
  return result;
}

void send_call(const HttpDoor& door, outbound::Request request, base::Mono deadline,
               std::function<SendResult(const outbound::Answer&)> judge, Provider::Done done) {
  auto begun = std::make_shared<std::atomic<bool>>(false);
  request.begun = begun;
  request.deadline = deadline;
  door.client.submit(
      door.dependency, std::move(request),
      [begun, judge = std::move(judge),
       done = std::move(done)](const base::Result<outbound::Answer>& result) {
        done(result.ok() ? judge(*result) : unanswered(result.error(), begun->load()));
      });
}

void append_form(std::string& body, std::string_view name, std::string_view value) {
  if (!body.empty()) body += '&';
  body += base::percent_encode(name);
  body += '=';
  body += base::percent_encode(value);
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view body,
                                                                           std::size_t limit) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view field = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (field.empty()) continue;
    if (fields.size() == limit) return std::nullopt;
    const std::size_t equals = std::min(field.find('='), field.size());
    auto name = form_decoded(field.substr(0, equals));
    auto value = form_decoded(field.substr(std::min(equals + 1, field.size())));
    if (!name || !value) return std::nullopt;
    fields.emplace_back(*std::move(name), *std::move(value));
  }
  return fields;
}

}  // namespace ashlar::notifications
