#include "base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>

namespace ashlar::base {
namespace {

constexpr std::array<std::string_view, 11> kNames{"",
                                                  "payments.before_claim",
                                                  "payments.after_claim",
                                                  "payments.after_attempt",
                                                  "payments.after_send",
                                                  "payments.after_apply",
                                                  "payments.after_answer",
                                                  "payments.after_commit",
                                                  "payments.half_reply",
                                                  "payments.outbox_published",
                                                  "payments.resolver_race"};

std::atomic<std::int64_t> g_left{0};

Error invalid() {
  std::string names;
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (i > 1) names += ", ";
    names += kNames[i];
  }
  return fail(Code::kInvalid, "failpoint_invalid",
              "A failpoint is NAME:HITS, hits from 1 on; the names are " + names + ".");
}

}  // namespace

Status arm_failpoint(std::string_view text) {
  if (text.empty()) {
    detail::g_failpoint.store(Failpoint::kNone);
    return ok_status();
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return invalid();
  const std::string_view hits = text.substr(colon + 1);
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(hits.data(), hits.data() + hits.size(), count);
  if (error != std::errc() || end != hits.data() + hits.size() || count < 1) return invalid();
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] != text.substr(0, colon)) continue;
    g_left.store(count);
    detail::g_failpoint.store(static_cast<Failpoint>(i));
    return ok_status();
  }
  return invalid();
}

void detail::reach_failpoint() noexcept {
  if (g_left.fetch_sub(1) != 1) return;
  ::kill(::getpid(), SIGKILL);
  // The signal is delivered before kill() returns; should that not be so, nothing goes on here.
  while (true) ::pause();
}

}  // namespace ashlar::base
