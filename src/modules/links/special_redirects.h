// SpecialRedirects: how a link is followed that has more than a target (link_settings.h).
//
//   valid_from in the future ──> as unknown (redirects.h)
//   expired, or its clicks used up ──> expired_url, if it has one, else 410
//   password ──> the page that asks for it; the right one goes on
//   max_clicks ──> ClickGate: one unit is taken, durably, before the answer
//   rules, variants, forward_query ──> Location (redirect_rules.h)
//
// No answer may be kept by anybody (private, no-store), so a 301 is sent as 302 and a 308 as 307;
// after a password it is 303. Whoever gets the target takes a unit of max_clicks, HEAD too; a click
// is counted of GET and of the form alone.
//
// A visitor gets the same variant all day: it hangs on a keyed hash of the day, the link, the
// address and the User-Agent, which is kept nowhere.
//
// Threads: lead() and refuse() touch memory only; follow() blocks for a commit or a password's
// check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "kit/siphash.h"
#include "modules/links/click_detail.h"
#include "modules/links/click_gate.h"
#include "modules/links/link.h"
#include "modules/links/link_passwords.h"
#include "modules/links/redirect_pages.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
struct RequestHead;
}  // namespace ashlar::http

namespace ashlar::links {

class ClickRecorder;
class GeoFile;

class SpecialRedirects {
 public:
  // All by reference outlives it.
  // `geo` may be null: no country is known.
  SpecialRedirects(const kit::SipKey& visitor_key, std::uint64_t seed, storage::Database& db,
                   ClickRecorder& clicks, const base::Clock& clock, std::size_t worker_shard,
                   const GeoFile* geo);

  enum class Password : std::uint8_t {
    kAskFor,
    kGiven,  // in the call's body, as a form
  };

  // REQUIRES of all: the target is special; of lead() and follow(): it is alive.
  base::Result<http::Response> follow(const http::Call& call, const RedirectTarget& target,
                                      Password password);
  // Where a visit leads, with which status, and what led it there. The URL lives as long as the
  // target and `joined`, which holds it where the visit's query goes with it.
  // REQUIRES: memory decides (LinkSettings::needs_worker()), or follow() has.
  struct Lead {
    int status;
    std::string_view url;
    Taken taken = Taken::kTarget;
    std::size_t index = 0;  // of the rule or variant
  };
  [[nodiscard]] Lead lead(const RedirectTarget& target, const http::RequestHead& head,
                          std::string_view address, base::Time now, std::string& joined) const;
  // `domain`: as in refuse_on().
  [[nodiscard]] http::Response refuse(const Domain* domain, Refusal refusal,
                                      const RedirectTarget& target, const http::RequestHead& head,
                                      std::string_view request_id) const;

 private:
  const kit::SipKey visitor_key_;
  ClickRecorder& clicks_;
  const base::Clock& clock_;
  const std::size_t worker_shard_;
  const GeoFile* const geo_;
  ClickGate gate_;
  LinkPasswords passwords_;
};

}  // namespace ashlar::links
